//! QoS, metering, quotas, flavors and service providers.

use super::Routes;
use crate::openapi::{About, object, of_resource};
use crate::resource::{Flavors, MeteringLabels, MeteringRules, ServiceProfiles};
use crate::resource::{flavor, qos};
use serde_json::json;

pub(super) fn routes() -> Routes {
    Routes::new()
        .merge(quality())
        .immutable::<MeteringLabels>()
        .immutable::<MeteringRules>()
        .merge(flavors())
}

fn quality() -> Routes {
    let rule_types = About::new("Lists the types of QoS rules.");
    let rule_type = About::new("Shows what the attributes of a type of QoS rules may be.");
    Routes::new()
        .tagged::<qos::QosPolicies>()
        // Neutron itself serves the tags of policies here, openstacksdk looks above.
        .tags::<qos::QosPolicies>("/v2.0/policies")
        .nested::<qos::QosRules<qos::BandwidthLimit>>()
        .nested::<qos::QosRules<qos::PacketRateLimit>>()
        .nested::<qos::QosRules<qos::DscpMarking>>()
        .nested::<qos::QosRules<qos::MinimumBandwidth>>()
        .nested::<qos::QosRules<qos::MinimumPacketRate>>()
        .merge(aliased::<qos::AliasBandwidthLimit>())
        .merge(aliased::<qos::AliasDscpMarking>())
        .merge(aliased::<qos::AliasMinimumBandwidth>())
        .merge(aliased::<qos::AliasMinimumPacketRate>())
        .get("/v2.0/qos/rule-types", qos::list_rule_types, rule_types)
        .get(
            "/v2.0/qos/rule-types/{type}",
            qos::show_rule_type,
            rule_type,
        )
}

fn flavors() -> Routes {
    let id = object([("id", json!({ "type": "string" }))], &["id"]);
    let profile = object([("service_profile", id)], &["service_profile"]);
    let associate = About::new("Lets a profile carry the flavor out.")
        .takes(profile.clone())
        .gives(201, profile);
    Routes::new()
        .managed::<Flavors>()
        .managed::<ServiceProfiles>()
        .post(
            "/v2.0/flavors/{id}/service_profiles",
            flavor::associate,
            associate,
        )
        .delete(
            "/v2.0/flavors/{id}/service_profiles/{profile}",
            flavor::dissociate,
            About::new("Takes a profile off the flavor.").empty(204),
        )
        .get(
            "/v2.0/flavors/{id}/next_providers",
            flavor::next_providers,
            About::new("Shows who carries the flavor out."),
        )
        .get(
            "/v2.0/service-providers",
            flavor::providers,
            About::new("Lists the providers of services."),
        )
}

/// Show, update and delete by the rule's id alone. Neutron's documents write the path with
/// hyphens, its policy with underscores; both are served.
fn aliased<K: qos::RuleKind>() -> Routes {
    let of = of_resource::<qos::QosRules<K>>();
    let hyphens = format!("/v2.0/qos/{}/{{id}}", K::PATH);
    let underscores = format!("/v2.0/qos/{}/{{rule}}", K::PLURAL);
    [hyphens, underscores]
        .iter()
        .fold(Routes::new().with_schemas(of.schemas()), |routes, path| {
            routes
                .get(path, qos::alias::show::<K>, of.show())
                .put(path, qos::alias::update::<K>, of.update())
                .delete(path, qos::alias::delete::<K>, of.delete())
        })
}
