//! The protobuf messages and gRPC services, generated from `proto/`.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated code; the schema's files carry the documentation"
)]

tonic::include_proto!("alcor.schema");
