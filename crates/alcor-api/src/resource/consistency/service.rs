//! QoS, metering and flavors.

use super::{Nobody, check};
use crate::resource::qos::{self as kinds, QosPolicies, QosRules};
use crate::resource::{
    Flavors, MeteringLabels, MeteringRules, Reading, RouteTables, ServiceProfiles,
};
use alcor_managers::Caller;
use alcor_store::Store;
use alcor_types::{
    Flavor, FlavorId, FlowDirection, MeteredPrefix, MeteringLabel, MeteringLabelId, MeteringRule,
    MeteringRuleId, NetworkId, ProjectId, QosLimit, QosPolicy, QosPolicyId, QosRule, QosRuleId,
    RouteTable, RouteTableId, RouteTableKind, ServiceProfile, ServiceProfileId, Sharing, Standard,
};
use std::collections::BTreeSet;
use std::sync::Arc;

fn reading() -> Reading {
    Reading {
        snapshot: Store::ephemeral().snapshot(),
        liveness: Arc::new(Nobody),
        caller: Caller::admin(),
        parent_project: None,
        settings: Arc::default(),
    }
}

#[tokio::test]
async fn policies_and_rules() {
    let reading = reading();
    let policy = QosPolicy {
        id: QosPolicyId::random(),
        project_id: ProjectId::from("p"),
        standard: Standard::default(),
        shared: Sharing::default(),
        is_default: false,
    };
    let rule = |limit| QosRule {
        id: QosRuleId::random(),
        policy_id: policy.id,
        limit,
    };
    let direction = FlowDirection::Egress;
    let limit = QosLimit::BandwidthLimit {
        max_kbps: 1,
        max_burst_kbps: 1,
        direction,
    };
    check::<QosRules<kinds::BandwidthLimit>>(rule(limit), &reading);
    check::<QosRules<kinds::AliasBandwidthLimit>>(rule(limit), &reading);
    let limit = QosLimit::PacketRateLimit {
        max_kpps: 1,
        max_burst_kpps: 1,
        direction,
    };
    check::<QosRules<kinds::PacketRateLimit>>(rule(limit), &reading);
    let limit = QosLimit::DscpMarking { dscp_mark: 8 };
    check::<QosRules<kinds::DscpMarking>>(rule(limit), &reading);
    let limit = QosLimit::MinimumBandwidth {
        min_kbps: 1,
        direction,
    };
    check::<QosRules<kinds::MinimumBandwidth>>(rule(limit), &reading);
    let limit = QosLimit::MinimumPacketRate {
        min_kpps: 1,
        direction,
    };
    check::<QosRules<kinds::MinimumPacketRate>>(rule(limit), &reading);
    check::<QosPolicies>(policy, &reading);
}

#[tokio::test]
async fn labels_flavors_and_profiles() {
    let reading = reading();
    let label_id = MeteringLabelId::random();
    let label = MeteringLabel {
        id: label_id,
        project_id: ProjectId::from("p"),
        name: String::new(),
        description: String::new(),
        shared: false,
    };
    check::<MeteringLabels>(label, &reading);
    let rule = MeteringRule {
        id: MeteringRuleId::random(),
        label_id,
        direction: FlowDirection::Egress,
        prefix: MeteredPrefix::Remote("10.0.0.0/8".parse().unwrap()),
        excluded: false,
    };
    check::<MeteringRules>(rule, &reading);
    let flavor = Flavor {
        id: FlavorId::random(),
        name: String::new(),
        description: String::new(),
        service_type: String::new(),
        enabled: true,
        service_profiles: BTreeSet::new(),
    };
    check::<Flavors>(flavor, &reading);
    let profile = ServiceProfile {
        id: ServiceProfileId::random(),
        description: String::new(),
        driver: String::new(),
        enabled: true,
        metainfo: String::new(),
    };
    check::<ServiceProfiles>(profile, &reading);
}

#[tokio::test]
async fn route_tables() {
    let table = RouteTable {
        id: RouteTableId::random(),
        project_id: ProjectId::from("p"),
        standard: Standard::default(),
        network_id: NetworkId::random(),
        subnet_id: None,
        router_id: None,
        kind: RouteTableKind::Vpc,
        routes: Vec::new(),
    };
    check::<RouteTables>(table, &reading());
}
