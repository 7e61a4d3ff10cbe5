//! The kinds of QoS rules as types, one for each path: Neutron serves every rule below its
//! policy and, for clients that know only the rule's id, under an alias too.

use alcor_types::QosRuleType;

/// Under which names one kind of rule is served.
pub(crate) trait RuleKind: Send + Sync + 'static {
    /// The kind.
    const TYPE: QosRuleType;
    /// The envelope of one.
    const SINGULAR: &'static str;
    /// The name in the policy's rules.
    const POLICY: &'static str;
    /// The envelope of many.
    const PLURAL: &'static str;
    /// The path of an alias, below `/v2.0/qos`; that of others follows from the envelope.
    const PATH: &'static str;
}

macro_rules! rule_kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:ident, $prefix:literal $singular:literal, $path:literal;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl RuleKind for $name {
            const TYPE: QosRuleType = QosRuleType::$kind;
            const SINGULAR: &'static str = $singular;
            const POLICY: &'static str = concat!($prefix, $singular);
            const PLURAL: &'static str = concat!($singular, "s");
            const PATH: &'static str = $path;
        }
    )*};
}

rule_kinds! {
    /// Bandwidth limits of a policy.
    BandwidthLimit = BandwidthLimit, "policy_" "bandwidth_limit_rule", "bandwidth_limit_rules";
    /// Packet rate limits of a policy.
    PacketRateLimit = PacketRateLimit, "policy_" "packet_rate_limit_rule", "packet_rate_limit_rules";
    /// Marks of a policy.
    DscpMarking = DscpMarking, "policy_" "dscp_marking_rule", "dscp_marking_rules";
    /// Guaranteed bandwidths of a policy.
    MinimumBandwidth = MinimumBandwidth, "policy_" "minimum_bandwidth_rule", "minimum_bandwidth_rules";
    /// Guaranteed packet rates of a policy.
    MinimumPacketRate =
        MinimumPacketRate, "policy_" "minimum_packet_rate_rule", "minimum_packet_rate_rules";
    /// Bandwidth limits by their own id.
    AliasBandwidthLimit =
        BandwidthLimit, "" "alias_bandwidth_limit_rule", "alias-bandwidth-limit-rules";
    /// Marks by their own id.
    AliasDscpMarking = DscpMarking, "" "alias_dscp_marking_rule", "alias-dscp-marking-rules";
    /// Guaranteed bandwidths by their own id.
    AliasMinimumBandwidth =
        MinimumBandwidth, "" "alias_minimum_bandwidth_rule", "alias-minimum-bandwidth-rules";
    /// Guaranteed packet rates by their own id.
    AliasMinimumPacketRate =
        MinimumPacketRate, "" "alias_minimum_packet_rate_rule", "alias-minimum-packet-rate-rules";
}
