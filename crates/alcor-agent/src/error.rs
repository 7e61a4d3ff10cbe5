//! What can go wrong on a host for good, or for a look at it. Everything else the agent mends by
//! trying again.

/// The agent cannot run.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// A setting cannot be used.
    #[error("{name}: {problem}")]
    Setting {
        /// The flag.
        name: &'static str,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// The region cannot be asked.
    #[error("the region: {0}")]
    Region(String),
    /// The switch or its database cannot be read or changed.
    #[error("the switch: {0}")]
    Switch(String),
    /// One of those that were asked does not answer.
    #[error("{0} does not answer")]
    Silent(&'static str),
    /// One of the agent's own tasks ended unasked; a bug.
    #[error("the task '{0}' ended unasked")]
    Task(&'static str),
}
