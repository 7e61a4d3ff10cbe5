//! Values that are one of a few words.

use super::{FromJson, shown};
use alcor_types::{DataPlaneStatus, GatewayKind, GatewayStatus, NumaPolicy};
use serde_json::{Value, json};

macro_rules! words {
    ($($kind:ty { $($word:literal => $value:expr),* $(,)? })*) => {$(
        impl FromJson for $kind {
            fn from_json(value: &Value) -> Result<Self, String> {
                match value.as_str() {
                    $(Some($word) => Ok($value),)*
                    _ => Err(format!(
                        "'{}' is not one of {}",
                        shown(value),
                        [$($word),*].join(", ")
                    )),
                }
            }

            fn schema() -> Value {
                json!({ "enum": [$($word),*] })
            }
        }
    )*};
}

words! {
    NumaPolicy {
        "required" => Self::Required,
        "preferred" => Self::Preferred,
        "legacy" => Self::Legacy,
        "socket" => Self::Socket,
    }
    GatewayKind {
        "zeta" => Self::Zeta,
        "internet" => Self::Internet,
        "igw" => Self::Internet,
        "nat" => Self::Nat,
        "ngw" => Self::Nat,
    }
    GatewayStatus {
        "pending" => Self::Pending,
        "ready" => Self::Ready,
        "failed" => Self::Failed,
        "available" => Self::Available,
    }
    DataPlaneStatus {
        "ACTIVE" => Self::Active,
        "DOWN" => Self::Down,
    }
}
