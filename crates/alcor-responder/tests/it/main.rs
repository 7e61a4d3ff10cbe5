//! The crate as its caller sees it: frames in, frames out.

mod dhcp4;
#[cfg(test)]
mod dhcp6;
#[cfg(test)]
mod dns;
mod fuzz;
mod laws;
#[cfg(test)]
mod support;
