//! `/v2.0/qos/rule-types`: which kinds of rules there are, and what their attributes may be.
//! Facts of the program, so no table and no query planner.

use crate::auth::Who;
use crate::enforce;
use crate::error::RequestError;
use crate::list::json;
use crate::query::QueryString;
use crate::value::flag_of_text;
use alcor_managers::flavor::PROVIDER;
use alcor_managers::qos::DSCP_MARKS;
use alcor_types::QosRuleType;
use axum::extract::Path;
use axum::http::Uri;
use axum::response::Response;
use serde_json::{Value, json as object};

/// `GET /v2.0/qos/rule-types`. `all_rules` and `all_supported` select among drivers, of which
/// there is one, so both mean all.
pub(crate) async fn list(Who(caller): Who, uri: Uri) -> Result<Response, RequestError> {
    enforce::general(&caller, "get_rule_type")?;
    let query = QueryString::of(&uri)?;
    check_filters(&query)?;
    let wanted: Vec<&str> = query.all("type").collect();
    let types: Vec<Value> = QosRuleType::ALL
        .into_iter()
        .map(QosRuleType::as_str)
        .filter(|name| wanted.is_empty() || wanted.contains(name))
        .map(|name| object!({ "type": name }))
        .collect();
    Ok(json(object!({ "rule_types": types }).to_string()))
}

/// `GET /v2.0/qos/rule-types/{type}`: for administrators, as it speaks of drivers.
pub(crate) async fn show(
    Who(caller): Who,
    Path(name): Path<String>,
) -> Result<Response, RequestError> {
    let known = QosRuleType::ALL
        .into_iter()
        .find(|rule_type| rule_type.as_str() == name);
    let Some(rule_type) = known.filter(|_| caller.is_admin()) else {
        return Err(RequestError::NotFound {
            kind: "QosRuleTypeNotFound",
            what: "QoS rule type",
            id: name.chars().take(80).collect(),
        });
    };
    let driver = object!({ "name": PROVIDER, "supported_parameters": parameters(rule_type) });
    let body = object!({ "rule_type": { "type": name, "drivers": [driver] } });
    Ok(json(body.to_string()))
}

fn check_filters(query: &QueryString) -> Result<(), RequestError> {
    for name in ["all_supported", "all_rules"] {
        for text in query.all(name) {
            flag_of_text(text).ok_or_else(|| {
                RequestError::invalid(name, format!("'{text}' cannot be converted to boolean"))
            })?;
        }
    }
    Ok(())
}

fn parameters(rule_type: QosRuleType) -> Vec<Value> {
    let range = |name: &str| {
        object!({
            "parameter_name": name,
            "parameter_type": "range",
            "parameter_values": { "start": 0, "end": i32::MAX },
        })
    };
    let choices = |name: &str, values: Value| {
        object!({
            "parameter_name": name,
            "parameter_type": "choices",
            "parameter_values": values,
        })
    };
    let one_way = || choices("direction", object!(["ingress", "egress"]));
    match rule_type {
        QosRuleType::BandwidthLimit => vec![range("max_kbps"), range("max_burst_kbps"), one_way()],
        QosRuleType::PacketRateLimit => vec![range("max_kpps"), range("max_burst_kpps"), one_way()],
        QosRuleType::DscpMarking => vec![choices("dscp_mark", object!(DSCP_MARKS))],
        QosRuleType::MinimumBandwidth => vec![range("min_kbps"), one_way()],
        QosRuleType::MinimumPacketRate => vec![
            range("min_kpps"),
            choices("direction", object!(["any", "ingress", "egress"])),
        ],
    }
}
