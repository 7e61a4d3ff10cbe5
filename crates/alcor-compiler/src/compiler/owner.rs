//! Who owns what hosts are told of, for those who give owners their turns.

use crate::Compiler;
use alcor_goalstate::ScopeId;
use alcor_types::{PortId, ProjectId};

impl Compiler {
    /// Whose port it is, where it is known.
    pub fn owner(&self, port: PortId) -> Option<&ProjectId> {
        let scope = self.scopes.get(self.ports.get(&port)?)?;
        Some(&scope.port(port)?.project_id)
    }

    /// Whose scope it is: its network's or group's owner, where it is known. Address groups are told
    /// with nobody's.
    pub fn scope_owner(&self, scope: ScopeId) -> Option<&ProjectId> {
        match scope {
            ScopeId::Network(id) => self.scopes.get(&id)?.owner(),
            scope => self.groups.owner(scope),
        }
    }
}
