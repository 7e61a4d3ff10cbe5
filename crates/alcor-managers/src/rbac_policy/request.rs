//! What a caller may say of an RBAC policy, and how its words are read.

use super::RbacPolicyError;
use alcor_types::{Access, ObjectType, ProjectId};
use uuid::Uuid;

/// The longest project id, in characters (Neutron's column width).
const MAX_PROJECT: usize = 255;

/// `POST /v2.0/rbac-policies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRbacPolicy {
    /// The owner, where it is not the caller's project (administrators only).
    pub project_id: Option<ProjectId>,
    /// `network`, `security_group`, ...
    pub object_type: String,
    /// The object.
    pub object_id: Uuid,
    /// `access_as_shared` or `access_as_external`.
    pub action: String,
    /// `target_tenant`: a project, or `*`.
    pub target: String,
}

/// `PUT /v2.0/rbac-policies/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateRbacPolicy {
    /// `target_tenant`: a project, or `*`.
    pub target: Option<String>,
}

/// The kind of object that a text names.
pub(super) fn object_type(text: &str) -> Result<ObjectType, RbacPolicyError> {
    let all = [
        ObjectType::Network,
        ObjectType::QosPolicy,
        ObjectType::SecurityGroup,
        ObjectType::SubnetPool,
        ObjectType::AddressScope,
        ObjectType::AddressGroup,
    ];
    let name = text.trim().to_lowercase();
    let known = all.into_iter().find(|one| one.as_str() == name);
    known.ok_or_else(|| RbacPolicyError::InvalidObjectType(text.chars().take(80).collect()))
}

/// The access that a text names.
pub(super) fn access(text: &str) -> Result<Access, RbacPolicyError> {
    match text {
        "access_as_shared" => Ok(Access::Shared),
        "access_as_external" => Ok(Access::External),
        other => Err(RbacPolicyError::InvalidAction(
            other.chars().take(80).collect(),
        )),
    }
}

/// The project that a text names; any text, because not every region's projects are Keystone's.
pub(super) fn target(text: &str) -> Result<ProjectId, RbacPolicyError> {
    if text.is_empty() || text.chars().count() > MAX_PROJECT {
        return Err(RbacPolicyError::InvalidTarget);
    }
    Ok(ProjectId::from(text))
}
