//! Compiles the protobuf schema with a compiler written in Rust, so that no `protoc` need
//! be on the machine.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = protox::compile(
        [
            "alcor/schema/goalstateprovisioner.proto",
            "alcor/schema/hostsession.proto",
        ],
        ["proto"],
    )?;
    tonic_prost_build::configure()
        .btree_map(".")
        .codec_path("crate::codec::SmallBuffers")
        .compile_fds(files)?;
    Ok(())
}
