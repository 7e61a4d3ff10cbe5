//! The objects that can be granted: each says whose it is, where its grants are, and who
//! depends on them.

use super::RbacPolicyError;
use crate::port::NETWORK_OWNERS;
use crate::records::{self, Record};
use crate::schema::{PORT_BY_SECURITY_GROUP, SUBNET_BY_POOL, SUBNET_POOL_BY_ADDRESS_SCOPE};
use crate::{ApiError, Caller, address_group, network, qos};
use alcor_store::records::Index;
use alcor_store::{Read, Txn};
use alcor_types::{
    Access, AddressGroup, AddressScope, Network, ObjectType, Port, ProjectId, QosPolicy,
    SecurityGroup, Sharing, Subnet, SubnetPool, Timestamp,
};
use std::collections::BTreeSet;
use uuid::Uuid;

type Projects = BTreeSet<ProjectId>;

/// A record that its owner can let others use.
pub(crate) trait Shareable: Record {
    /// What kind of object it is.
    const TYPE: ObjectType;

    /// Its id.
    fn id(&self) -> Uuid;

    /// Who owns it.
    fn owner(&self) -> &ProjectId;

    /// Notes a change of its grants as a write, where its writes are counted.
    fn touch(&mut self, now: Timestamp);

    /// Its grants of this kind; none where it has no such.
    fn sharing(&self, action: Access) -> Option<&Sharing>;

    /// The same, to be changed.
    fn sharing_mut(&mut self, action: Access) -> Option<&mut Sharing>;

    /// The projects with something that a grant of this kind let them make.
    fn users(&self, read: &dyn Read, action: Access) -> Result<Projects, ApiError>;
}

/// A change of an object's grants.
pub(super) struct Change<'a> {
    pub(super) object_type: ObjectType,
    pub(super) object_id: Uuid,
    pub(super) action: Access,
    pub(super) revoke: Option<&'a ProjectId>,
    pub(super) grant: Option<&'a ProjectId>,
}

/// Applies a change to the object, where the caller owns it and nobody loses what it uses.
pub(super) fn change(
    txn: &mut Txn<'_>,
    change: &Change<'_>,
    caller: &Caller,
) -> Result<(), ApiError> {
    match change.object_type {
        ObjectType::Network => apply::<Network>(txn, change, caller),
        ObjectType::SecurityGroup => apply::<SecurityGroup>(txn, change, caller),
        ObjectType::AddressGroup => apply::<AddressGroup>(txn, change, caller),
        ObjectType::SubnetPool => apply::<SubnetPool>(txn, change, caller),
        ObjectType::AddressScope => apply::<AddressScope>(txn, change, caller),
        ObjectType::QosPolicy => apply::<QosPolicy>(txn, change, caller),
    }
}

impl Change<'_> {
    fn missing(&self) -> RbacPolicyError {
        RbacPolicyError::ObjectNotFound {
            object_type: self.object_type.as_str(),
            id: self.object_id,
        }
    }
}

fn apply<R: Shareable>(
    txn: &mut Txn<'_>,
    change: &Change<'_>,
    caller: &Caller,
) -> Result<(), ApiError> {
    let object: Option<R> = records::get(txn, change.object_id.as_bytes())?;
    let mut object = object.ok_or_else(|| change.missing())?;
    check_owner(&object, change, caller)?;
    let owner = object.owner().clone();
    let sharing = object
        .sharing_mut(change.action)
        .ok_or_else(|| RbacPolicyError::InvalidAction(change.action.as_str().to_owned()))?;
    if let Some(target) = change.revoke {
        sharing.revoke(target);
    }
    if let Some(target) = change.grant {
        sharing.grant(target.clone());
    }
    let after = sharing.clone();
    if change.revoke.is_some() {
        let users = object.users(txn, change.action)?;
        let mut others = users.into_iter().filter(|user| *user != owner);
        if let Some(project) = others.find(|user| !after.includes(user)) {
            let object = change.object_id;
            return Err(RbacPolicyError::InUse { object, project }.into());
        }
    }
    object.touch(Timestamp::now());
    Ok(records::put(txn, &object)?)
}

/// What others may not see does not exist for them; what they see they may still not grant.
fn check_owner<R: Shareable>(
    object: &R,
    change: &Change<'_>,
    caller: &Caller,
) -> Result<(), RbacPolicyError> {
    if caller.owns(object.owner()) {
        return Ok(());
    }
    let seen = [Access::Shared, Access::External]
        .into_iter()
        .filter_map(|action| object.sharing(action))
        .any(|sharing| sharing.includes(&caller.project_id));
    if seen {
        return Err(RbacPolicyError::NotOwner);
    }
    Err(change.missing())
}

impl Shareable for Network {
    const TYPE: ObjectType = ObjectType::Network;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn owner(&self) -> &ProjectId {
        &self.project_id
    }

    fn touch(&mut self, now: Timestamp) {
        self.standard.touch(now);
    }

    fn sharing(&self, action: Access) -> Option<&Sharing> {
        Some(match action {
            Access::Shared => &self.shared,
            Access::External => &self.external,
        })
    }

    fn sharing_mut(&mut self, action: Access) -> Option<&mut Sharing> {
        Some(match action {
            Access::Shared => &mut self.shared,
            Access::External => &mut self.external,
        })
    }

    /// The owners of the ports on it. Those that the region made are its gateways' and floating
    /// IPs', which need it to be external; all others need it to be shared.
    fn users(&self, read: &dyn Read, action: Access) -> Result<Projects, ApiError> {
        let mut users = Projects::new();
        for port in network::ports(read, self.id) {
            let port = port?;
            let by_region = port.device_owner.starts_with(NETWORK_OWNERS);
            if by_region == (action == Access::External) && !port.project_id.as_str().is_empty() {
                users.insert(port.project_id);
            }
        }
        Ok(users)
    }
}

/// Records that can be shared and nothing else; the last part says who uses one.
macro_rules! shared_only {
    ($record:ty, $kind:ident, |$one:ident, $now:ident| $touch:expr, |$this:ident, $read:ident| $users:expr) => {
        impl Shareable for $record {
            const TYPE: ObjectType = ObjectType::$kind;

            fn id(&self) -> Uuid {
                self.id.0
            }

            fn owner(&self) -> &ProjectId {
                &self.project_id
            }

            fn touch(&mut self, $now: Timestamp) {
                let $one = self;
                $touch
            }

            fn sharing(&self, action: Access) -> Option<&Sharing> {
                (action == Access::Shared).then_some(&self.shared)
            }

            fn sharing_mut(&mut self, action: Access) -> Option<&mut Sharing> {
                (action == Access::Shared).then_some(&mut self.shared)
            }

            fn users(&self, $read: &dyn Read, _: Access) -> Result<Projects, ApiError> {
                let $this = self;
                $users
            }
        }
    };
}

shared_only!(
    SecurityGroup,
    SecurityGroup,
    |group, now| group.standard.touch(now),
    |group, read| owners(
        read,
        PORT_BY_SECURITY_GROUP,
        group.id.as_bytes(),
        |port: Port| port.project_id
    )
);

shared_only!(
    AddressGroup,
    AddressGroup,
    |group, now| group.standard.touch(now),
    |group, read| address_group::rules_naming(read, group.id)
        .map(|rule| Ok(rule?.project_id))
        .collect()
);

shared_only!(
    SubnetPool,
    SubnetPool,
    |pool, now| pool.standard.touch(now),
    |pool, read| owners(
        read,
        SUBNET_BY_POOL,
        pool.id.as_bytes(),
        |subnet: Subnet| subnet.project_id
    )
);

shared_only!(
    AddressScope,
    AddressScope,
    // Scopes have no revision.
    |_scope, _now| (),
    |scope, read| owners(
        read,
        SUBNET_POOL_BY_ADDRESS_SCOPE,
        scope.id.as_bytes(),
        |pool: SubnetPool| pool.project_id
    )
);

shared_only!(
    QosPolicy,
    QosPolicy,
    |policy, now| policy.standard.touch(now),
    |policy, read| qos::users(read, policy.id)
);

/// The owners of the records that an index has under an id.
fn owners<R: Record>(
    read: &dyn Read,
    index: Index,
    id: &[u8],
    of: impl Fn(R) -> ProjectId,
) -> Result<Projects, ApiError> {
    records::lookup::<R>(read, index, &[id], None, false)
        .map(|record| Ok(of(record?)))
        .collect()
}
