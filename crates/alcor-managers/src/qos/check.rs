//! Which rules may stand in one policy together.

use super::QosError;
use crate::ApiError;
use alcor_types::{FlowDirection, QosLimit, QosRule, QosRuleType};

/// The largest rate and burst (Neutron's column width).
const MAX_RATE: u32 = i32::MAX as u32;
/// The code points that Neutron's API knows (RFC 2474, RFC 2597, RFC 3246, RFC 5865's is not).
pub(crate) const DSCP_MARKS: [u8; 21] = [
    0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 46, 48, 56,
];

/// Refuses values that no rule of the type may have.
pub(super) fn check_values(limit: &QosLimit) -> Result<(), ApiError> {
    match limit {
        QosLimit::BandwidthLimit {
            max_kbps,
            max_burst_kbps,
            ..
        } => {
            check_rate("max_kbps", *max_kbps)?;
            check_rate("max_burst_kbps", *max_burst_kbps)?;
        }
        QosLimit::PacketRateLimit {
            max_kpps,
            max_burst_kpps,
            ..
        } => {
            check_rate("max_kpps", *max_kpps)?;
            check_rate("max_burst_kpps", *max_burst_kpps)?;
        }
        QosLimit::DscpMarking { dscp_mark } => check_mark(*dscp_mark)?,
        QosLimit::MinimumBandwidth { min_kbps, .. } => check_rate("min_kbps", *min_kbps)?,
        QosLimit::MinimumPacketRate { min_kpps, .. } => check_rate("min_kpps", *min_kpps)?,
    }
    check_direction(limit)
}

fn check_rate(attribute: &'static str, rate: u32) -> Result<(), ApiError> {
    if rate > MAX_RATE {
        let reason = format!("'{rate}' is too large, give at most {MAX_RATE}");
        return Err(ApiError::attribute(attribute, reason));
    }
    Ok(())
}

fn check_mark(mark: u8) -> Result<(), ApiError> {
    if DSCP_MARKS.contains(&mark) {
        return Ok(());
    }
    let known = DSCP_MARKS.map(|mark| mark.to_string()).join(", ");
    let reason = format!("'{mark}' is none of {known}");
    Err(ApiError::attribute("dscp_mark", reason))
}

fn check_direction(limit: &QosLimit) -> Result<(), ApiError> {
    let any = limit.direction() == Some(FlowDirection::Any);
    if any && limit.rule_type() != QosRuleType::MinimumPacketRate {
        let reason = "'any' is for minimum packet rates, give ingress or egress";
        return Err(ApiError::attribute("direction", reason));
    }
    Ok(())
}

/// Refuses a rule that repeats or contradicts one of the policy's others.
pub(super) fn check_beside(rule: &QosRule, others: &[QosRule]) -> Result<(), QosError> {
    for other in others.iter().filter(|other| other.id != rule.id) {
        if repeats(&rule.limit, &other.limit) {
            return Err(QosError::RulesConflict {
                rule_type: rule.limit.rule_type().as_str(),
                rule: other.id,
                policy: rule.policy_id,
            });
        }
        if let Some((value, present)) = contradiction(&rule.limit, &other.limit) {
            return Err(QosError::ParameterConflict {
                value,
                policy: rule.policy_id,
                present_type: other.limit.rule_type().as_str(),
                present,
            });
        }
    }
    Ok(())
}

/// Whether two rules of one type bear on the same traffic.
fn repeats(new: &QosLimit, old: &QosLimit) -> bool {
    let either_is_any = [new.direction(), old.direction()].contains(&Some(FlowDirection::Any));
    new.rule_type() == old.rule_type() && (new.direction() == old.direction() || either_is_any)
}

/// The values of a minimum above a maximum, the new rule's first.
fn contradiction(new: &QosLimit, old: &QosLimit) -> Option<(u32, u32)> {
    if new.direction() != old.direction() {
        return None;
    }
    match (new, old) {
        (
            QosLimit::BandwidthLimit { max_kbps: max, .. },
            QosLimit::MinimumBandwidth { min_kbps: min, .. },
        )
        | (
            QosLimit::PacketRateLimit { max_kpps: max, .. },
            QosLimit::MinimumPacketRate { min_kpps: min, .. },
        ) if min > max => Some((*max, *min)),
        (
            QosLimit::MinimumBandwidth { min_kbps: min, .. },
            QosLimit::BandwidthLimit { max_kbps: max, .. },
        )
        | (
            QosLimit::MinimumPacketRate { min_kpps: min, .. },
            QosLimit::PacketRateLimit { max_kpps: max, .. },
        ) if min > max => Some((*min, *max)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_types::{QosPolicyId, QosRuleId};

    fn rule(limit: QosLimit) -> QosRule {
        QosRule {
            id: QosRuleId::random(),
            policy_id: QosPolicyId::random(),
            limit,
        }
    }

    fn bounds(max_kbps: u32, min_kbps: u32, min_way: FlowDirection) -> (QosRule, QosRule) {
        let max = QosLimit::BandwidthLimit {
            max_kbps,
            max_burst_kbps: 0,
            direction: FlowDirection::Egress,
        };
        let min = QosLimit::MinimumBandwidth {
            min_kbps,
            direction: min_way,
        };
        (rule(max), rule(min))
    }

    #[test]
    fn a_minimum_never_exceeds_the_maximum_of_its_direction() {
        let (max, min) = bounds(100, 200, FlowDirection::Egress);
        assert!(check_beside(&max, &[min]).is_err());
        assert!(check_beside(&min, &[max]).is_err());
        let (max, min) = bounds(100, 200, FlowDirection::Ingress);
        assert!(check_beside(&max, &[min]).is_ok());
        let (max, min) = bounds(100, 100, FlowDirection::Egress);
        assert!(check_beside(&min, &[max]).is_ok());
    }

    #[test]
    fn a_packet_rate_for_any_direction_stands_alone() {
        let rate = |direction| {
            let min_kpps = 1;
            rule(QosLimit::MinimumPacketRate {
                min_kpps,
                direction,
            })
        };
        let (both, one) = (rate(FlowDirection::Any), rate(FlowDirection::Ingress));
        assert!(check_beside(&both, &[one]).is_err() && check_beside(&one, &[both]).is_err());
        assert!(check_beside(&rate(FlowDirection::Egress), &[one]).is_ok());
        assert!(check_beside(&one, &[one]).is_ok());
    }
}
