//! How often the agents of a region speak: less often each, the more there are, so that signs of
//! life alone never fill the region's time.

use crate::Settings;
use std::time::Duration;

/// The times of one session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pace {
    /// How often the agent must say something.
    pub(crate) heartbeat: Duration,
    /// After how long a silent agent is not shown as alive: nearly two heartbeats.
    pub(crate) doubt: Duration,
    /// After how long a silent agent counts as dead: its session ends, and gateways leave its host. Longer,
    /// because that costs something where the agent only had no processor for a while.
    pub(crate) silence: Duration,
    /// How often it tells the digests of what it holds.
    pub(crate) audit: Duration,
}

impl Pace {
    /// In a region of so many hosts.
    pub(crate) fn new(settings: &Settings, hosts: usize) -> Self {
        let hosts = u32::try_from(hosts).unwrap_or(u32::MAX);
        let apart = |rate: u32| Duration::from_secs(1) * hosts / rate.max(1);
        let heartbeat = settings.heartbeat.max(apart(settings.beats_per_second));
        let longer = heartbeat.as_secs_f64() / settings.heartbeat.as_secs_f64().max(1e-3);
        Self {
            heartbeat,
            doubt: heartbeat.mul_f64(1.9),
            silence: settings.silence.mul_f64(longer.max(1.0)),
            audit: settings.audit.max(apart(settings.audits_per_second)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_agents_speak_as_often_as_set_and_many_no_more_together() {
        let settings = Settings::default();
        let few = Pace::new(&settings, 20);
        assert_eq!(few.heartbeat, settings.heartbeat);
        assert_eq!(few.silence, settings.silence);
        assert_eq!(few.doubt, Duration::from_millis(950));
        assert_eq!(few.audit, settings.audit);
        let many = Pace::new(&settings, 100_000);
        assert_eq!(many.heartbeat, Duration::from_secs(25));
        assert_eq!(many.silence, Duration::from_secs(100));
        assert_eq!(many.audit, Duration::from_secs(500));
    }
}
