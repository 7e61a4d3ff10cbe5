//! DNS: answers names of the VPC's ports from what the host knows, and says of the rest that others
//! are to be asked.
//!
//! What comes is a message by UDP (`carrier`) or TCP; what is answered follows from the names of
//! one network alone ([`Zone`]), so that networks with equal names never meet.

mod answer;
mod carrier;
mod echo;
mod zone;

pub use answer::{Failure, Verdict, failure, fits, resolve, sought};
pub use carrier::Question;
pub use echo::echoes;
pub use zone::Zone;

/// Where servers of DNS are asked.
pub const PORT: u16 = 53;
