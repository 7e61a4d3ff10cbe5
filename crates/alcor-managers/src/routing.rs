//! What routers, floating IPs and what belongs to them answer when they refuse.

use alcor_types::{
    ConntrackHelperId, FloatingIpId, NetworkId, PortForwardingId, PortId, RouterId, SubnetId,
};
use std::net::IpAddr;

/// A refused request about routers or floating IPs.
#[derive(Debug, thiserror::Error)]
pub enum RoutingError {
    /// The router does not exist, or not for this caller.
    #[error("Router {0} could not be found.")]
    RouterNotFound(RouterId),
    /// The floating IP does not exist, or not for this caller.
    #[error("Floating IP {0} could not be found.")]
    FloatingIpNotFound(FloatingIpId),
    /// The port forwarding does not exist, or not for this caller.
    #[error("Port Forwarding {0} could not be found.")]
    PortForwardingNotFound(PortForwardingId),
    /// The conntrack helper does not exist, or not for this caller.
    #[error("Conntrack Helper {0} could not be found.")]
    ConntrackHelperNotFound(ConntrackHelperId),
    /// Values contradict each other or what they refer to.
    #[error("Bad {resource} request: {reason}.")]
    BadRequest {
        /// `router`, `floatingip`, ...
        resource: &'static str,
        /// What is wrong, and what would be right.
        reason: String,
    },
    /// Interfaces keep the router.
    #[error("Router {router} still has ports: remove its interface {port} first.")]
    RouterInUse {
        /// The router.
        router: RouterId,
        /// One of its interfaces.
        port: PortId,
    },
    /// The port is no interface of the router.
    #[error("Router {router} does not have an interface with id {port}.")]
    RouterInterfaceNotFound {
        /// The router.
        router: RouterId,
        /// The port.
        port: PortId,
    },
    /// No interface of the router is on the subnet.
    #[error("Router {router} has no interface on subnet {subnet}.")]
    RouterInterfaceNotFoundForSubnet {
        /// The router.
        router: RouterId,
        /// The subnet.
        subnet: SubnetId,
    },
    /// The subnet named beside an interface is not the interface's.
    #[error("Subnet on port {port} does not match the requested subnet {subnet}.")]
    SubnetMismatchForPort {
        /// The interface.
        port: PortId,
        /// The subnet.
        subnet: SubnetId,
    },
    /// Floating IPs go through the interface.
    #[error(
        "Router interface for subnet {subnet} on router {router} cannot be deleted, as it is required by one or more floating IPs: disassociate {floating_ip} first."
    )]
    RouterInterfaceInUseByFloatingIp {
        /// The router.
        router: RouterId,
        /// The subnet.
        subnet: SubnetId,
        /// One of the floating IPs.
        floating_ip: IpAddr,
    },
    /// Extra routes go through the interface.
    #[error(
        "Router interface for subnet {subnet} on router {router} cannot be deleted, as it is required by one or more routes: remove the routes by {nexthop} first."
    )]
    RouterInterfaceInUseByRoute {
        /// The router.
        router: RouterId,
        /// The subnet.
        subnet: SubnetId,
        /// The next hop of one of the routes.
        nexthop: IpAddr,
    },
    /// The port to become an interface has a device.
    #[error(
        "Unable to complete operation on port {port} for network {network}. Port already has an attached device {device}: choose a free port."
    )]
    PortInUse {
        /// The port.
        port: PortId,
        /// Its network.
        network: NetworkId,
        /// Its device.
        device: String,
    },
    /// A port may not look like one of another project's router.
    #[error(
        "The following device_id {0} is not owned by your project or matches another project's router: choose your own."
    )]
    DeviceNotOwned(RouterId),
    /// The address of an interface stays as long as the interface.
    #[error(
        "IP updates for port {0} are not allowed: it is a router's interface. Remove the interface and add another."
    )]
    IpAddressChangeNotAllowed(PortId),
    /// Routers have the network as their outside.
    #[error(
        "External network {0} cannot be updated to be made non-external, since it has existing gateway ports: clear those gateways first."
    )]
    ExternalNetworkInUse(NetworkId),
    /// Floating IPs need the gateway.
    #[error(
        "Gateway cannot be updated for router {router}, since a gateway to external network {network} is required by one or more floating IPs: disassociate them first."
    )]
    RouterExternalGatewayInUseByFloatingIp {
        /// The router.
        router: RouterId,
        /// The external network.
        network: NetworkId,
    },
    /// No gateway of the router is the one that is meant.
    #[error("Unable to match a requested gateway port of router {router}: {reason}.")]
    UnableToMatchGateways {
        /// The router.
        router: RouterId,
        /// Why not.
        reason: String,
    },
    /// The router has no gateway to remove.
    #[error("Unable to remove extra gateways from router {0}: it has no external gateway.")]
    UnableToRemoveGateways(RouterId),
    /// A route that the router cannot follow.
    #[error("Invalid format for routes: {destination} by {nexthop}, {reason}.")]
    InvalidRoutes {
        /// Where to.
        destination: ipnet::IpNet,
        /// By way of whom.
        nexthop: IpAddr,
        /// What is wrong.
        reason: &'static str,
    },
    /// More routes than a router may have.
    #[error("Router {router} may have {max} routes, but {count} were given: remove some.")]
    RoutesExhausted {
        /// The router.
        router: RouterId,
        /// How many were given.
        count: usize,
        /// How many are allowed.
        max: usize,
    },
    /// The external network has no free IPv4 address.
    #[error("Unable to find any IP address on external network {0}: delete unused floating IPs.")]
    ExternalIpAddressExhausted(NetworkId),
    /// No router joins the port's subnet and the external network.
    #[error(
        "External network {network} is not reachable from subnet {subnet}. Therefore, cannot associate port {port} with a floating IP: join them with a router."
    )]
    ExternalGatewayForFloatingIpNotFound {
        /// The external network.
        network: NetworkId,
        /// The port's subnet.
        subnet: SubnetId,
        /// The port.
        port: PortId,
    },
    /// The address has a floating IP of that network already, or the floating IP a port.
    #[error(
        "Cannot associate floating IP {address} ({floating_ip}) with port {port} using fixed IP {fixed_ip}, as that fixed IP already has a floating IP on external network {network}."
    )]
    FloatingIpPortAlreadyAssociated {
        /// The floating IP.
        floating_ip: FloatingIpId,
        /// Its address.
        address: IpAddr,
        /// The port.
        port: PortId,
        /// The port's address.
        fixed_ip: String,
        /// The external network.
        network: NetworkId,
    },
    /// The floating IP has port forwardings.
    #[error("Floating IP {0} in use by Port Forwarding resources: delete those first.")]
    FipInUseByPortForwarding(FloatingIpId),
    /// The port of a port forwarding has a floating IP of its own.
    #[error(
        "Cannot create port forwarding to floating IP {address} ({floating_ip}) with port {port} using fixed IP {fixed_ip}, as that port already has a binding floating IP."
    )]
    PortHasBindingFloatingIp {
        /// The floating IP of the port forwarding.
        floating_ip: FloatingIpId,
        /// Its address.
        address: IpAddr,
        /// The port.
        port: PortId,
        /// The port's address.
        fixed_ip: IpAddr,
    },
    /// A port with port forwardings behind a distributed router.
    #[error(
        "Cannot associate floating IP to port {0} because it already has a Port Forwarding binding."
    )]
    PortHasPortForwarding(PortId),
    /// The helper is not one that nodes have.
    #[error("Conntrack Helper {0} is not allowed: choose one of {1}.")]
    ConntrackHelperNotAllowed(String, String),
    /// The helper does not read this protocol.
    #[error(
        "Conntrack Helper {helper} does not support: {protocol}. Supported protocols are: {supported}."
    )]
    InvalidProtocolForHelper {
        /// The helper.
        helper: String,
        /// The protocol asked for.
        protocol: String,
        /// What it reads.
        supported: &'static str,
    },
}

impl RoutingError {
    /// A refusal of a request for what it says.
    pub(crate) fn bad(resource: &'static str, reason: impl Into<String>) -> Self {
        Self::BadRequest {
            resource,
            reason: reason.into(),
        }
    }

    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RouterNotFound(_) => "RouterNotFound",
            Self::FloatingIpNotFound(_) => "FloatingIPNotFound",
            Self::PortForwardingNotFound(_) => "PortForwardingNotFound",
            Self::ConntrackHelperNotFound(_) => "ConntrackHelperNotFound",
            Self::BadRequest { .. } => "BadRequest",
            Self::RouterInUse { .. } => "RouterInUse",
            Self::RouterInterfaceNotFound { .. } => "RouterInterfaceNotFound",
            Self::RouterInterfaceNotFoundForSubnet { .. } => "RouterInterfaceNotFoundForSubnet",
            Self::SubnetMismatchForPort { .. } => "SubnetMismatchForPort",
            Self::RouterInterfaceInUseByFloatingIp { .. } => "RouterInterfaceInUseByFloatingIP",
            Self::RouterInterfaceInUseByRoute { .. } => "RouterInterfaceInUseByRoute",
            Self::PortInUse { .. } => "PortInUse",
            Self::DeviceNotOwned(_) => "DeviceIDNotOwnedByTenant",
            Self::IpAddressChangeNotAllowed(_) => "IPAddressChangeNotAllowed",
            Self::ExternalNetworkInUse(_) => "ExternalNetworkInUse",
            Self::RouterExternalGatewayInUseByFloatingIp { .. } => {
                "RouterExternalGatewayInUseByFloatingIp"
            }
            Self::UnableToMatchGateways { .. } => "UnableToMatchGateways",
            Self::UnableToRemoveGateways(_) => "UnableToRemoveGateways",
            Self::InvalidRoutes { .. } => "InvalidRoutes",
            Self::RoutesExhausted { .. } => "RoutesExhausted",
            Self::ExternalIpAddressExhausted(_) => "ExternalIpAddressExhausted",
            Self::ExternalGatewayForFloatingIpNotFound { .. } => {
                "ExternalGatewayForFloatingIPNotFound"
            }
            Self::FloatingIpPortAlreadyAssociated { .. } => "FloatingIPPortAlreadyAssociated",
            Self::FipInUseByPortForwarding(_) => "FipInUseByPortForwarding",
            Self::PortHasBindingFloatingIp { .. } => "PortHasBindingFloatingIP",
            Self::PortHasPortForwarding(_) => "PortHasPortForwarding",
            Self::ConntrackHelperNotAllowed(..) => "ConntrackHelperNotAllowed",
            Self::InvalidProtocolForHelper { .. } => "InvalidProtocolForHelper",
        }
    }

    /// The HTTP status that Neutron answers with.
    pub fn status(&self) -> u16 {
        match self {
            Self::RouterNotFound(_)
            | Self::FloatingIpNotFound(_)
            | Self::PortForwardingNotFound(_)
            | Self::ConntrackHelperNotFound(_)
            | Self::RouterInterfaceNotFound { .. }
            | Self::RouterInterfaceNotFoundForSubnet { .. }
            | Self::ExternalGatewayForFloatingIpNotFound { .. } => 404,
            Self::RouterInUse { .. }
            | Self::RouterInterfaceInUseByFloatingIp { .. }
            | Self::RouterInterfaceInUseByRoute { .. }
            | Self::PortInUse { .. }
            | Self::DeviceNotOwned(_)
            | Self::ExternalNetworkInUse(_)
            | Self::RouterExternalGatewayInUseByFloatingIp { .. }
            | Self::FloatingIpPortAlreadyAssociated { .. }
            | Self::FipInUseByPortForwarding(_)
            | Self::PortHasBindingFloatingIp { .. } => 409,
            _ => 400,
        }
    }
}
