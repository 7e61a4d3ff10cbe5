//! What can go wrong on a host for good. Everything else the agent mends by trying again.

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
    /// One of the agent's own tasks ended unasked; a bug.
    #[error("the task '{0}' ended unasked")]
    Task(&'static str),
}
