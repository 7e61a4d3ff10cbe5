//! Refusals of RBAC policies, in Neutron's names.

use alcor_types::RbacPolicyId;
use uuid::Uuid;

/// A refused request about an RBAC policy.
#[derive(Debug, thiserror::Error)]
pub enum RbacPolicyError {
    /// The policy does not exist, or not for this caller.
    #[error("RBAC policy with ID {0} not found.")]
    NotFound(RbacPolicyId),
    /// The object does not exist, or not for this caller.
    #[error("The {object_type} {id} could not be found.")]
    ObjectNotFound {
        /// `network`, `security_group`, ...
        object_type: &'static str,
        /// The object.
        id: Uuid,
    },
    /// The object is somebody else's.
    #[error(
        "Invalid input for operation: Only admins can manipulate policies on objects they do not own."
    )]
    NotOwner,
    /// No object can be granted by this name.
    #[error("Invalid input for operation: '{0}' is not a valid RBAC object type.")]
    InvalidObjectType(String),
    /// Objects of the kind cannot be granted so.
    #[error(
        "Invalid input for operation: '{0}' is not a valid action for this object type: use access_as_shared, or for networks access_as_external."
    )]
    InvalidAction(String),
    /// The target is no project.
    #[error(
        "Invalid input for operation: target_tenant is no project ID: write one of at most 255 characters, or '*' for all projects."
    )]
    InvalidTarget,
    /// The grant is there.
    #[error("An RBAC policy already exists with those values.")]
    Duplicate,
    /// A project would lose what it uses.
    #[error(
        "RBAC policy on object {object} cannot be removed because other objects depend on it.\nDetails: project_id={project}: delete what that project has on it first."
    )]
    InUse {
        /// The object.
        object: Uuid,
        /// A project that uses it.
        project: alcor_types::ProjectId,
    },
}

impl RbacPolicyError {
    /// Neutron's name of the error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "RbacPolicyNotFound",
            Self::ObjectNotFound { object_type, .. } => match *object_type {
                "network" => "NetworkNotFound",
                "security_group" => "SecurityGroupNotFound",
                "subnetpool" => "SubnetPoolNotFound",
                "address_scope" => "AddressScopeNotFound",
                "address_group" => "AddressGroupNotFound",
                _ => "QosPolicyNotFound",
            },
            Self::Duplicate => "DuplicateRbacPolicy",
            Self::InUse { .. } => "RbacPolicyInUse",
            _ => "InvalidInput",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) | Self::ObjectNotFound { .. } => 404,
            Self::Duplicate | Self::InUse { .. } => 409,
            _ => 400,
        }
    }
}
