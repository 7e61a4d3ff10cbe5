//! The file of static tokens, and how a token is found in it.

use alcor_managers::implied;
use alcor_policy::Subject;
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A token shorter than this could be guessed.
const MIN_TOKEN_BYTES: usize = 8;

/// Why a token file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    /// The file cannot be read.
    #[error("cannot read the token file {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Other users of the machine can read or write the file, so its tokens are no secrets.
    #[error("the token file {path} is open to other users (mode {mode:o}): chmod 600 it")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is not the TOML it should be. The text of the file is not repeated, because it
    /// holds secrets.
    #[error(
        "the token file is wrong at line {line}: it must be a list of [[token]] tables with \
         token, project, user and roles (admin, manager, member, reader, service)"
    )]
    Syntax {
        /// The line, from 1 on.
        line: usize,
    },
    /// A token is too short to be a secret.
    #[error("the token of user {user} is shorter than {MIN_TOKEN_BYTES} characters")]
    Weak {
        /// Whose token it is.
        user: String,
    },
    /// Two entries have the same token, so it would not say who asks.
    #[error("the tokens of users {first} and {second} are the same")]
    Duplicate {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// The file has no token, so nobody could use the API.
    #[error("the token file has no [[token]]")]
    Empty,
}

/// Static tokens and whose they are.
///
/// Tokens are found by a 64-bit SipHash whose random key never leaves the process, and then
/// compared in constant time. An attacker who measures answers learns neither how far a guess
/// agrees with a token (the comparison starts only when the keyed hashes agree, and does not
/// stop early) nor which guesses share a bucket with one.
pub struct TokenFile {
    hasher: RandomState,
    entries: HashMap<u64, Vec<Entry>>,
}

struct Entry {
    token: String,
    subject: Arc<Subject>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    #[serde(default)]
    token: Vec<EntryText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryText {
    token: String,
    project: String,
    user: String,
    roles: Vec<Role>,
}

#[derive(Deserialize, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Role {
    Admin,
    Manager,
    Member,
    Reader,
    Service,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Member => "member",
            Self::Reader => "reader",
            Self::Service => "service",
        }
    }
}

impl TokenFile {
    /// Reads the file and checks that only its owner and group can.
    pub fn load(path: &Path) -> Result<Self, TokenFileError> {
        let read = |source| TokenFileError::Read {
            path: path.to_owned(),
            source,
        };
        refuse_exposed(path, &std::fs::metadata(path).map_err(read)?)?;
        Self::parse(&std::fs::read_to_string(path).map_err(read)?)
    }

    /// Reads the text of a token file.
    pub fn parse(text: &str) -> Result<Self, TokenFileError> {
        let file: FileText = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        if file.token.is_empty() {
            return Err(TokenFileError::Empty);
        }
        let mut tokens = Self {
            hasher: RandomState::new(),
            entries: HashMap::new(),
        };
        for entry in file.token {
            tokens.add(entry)?;
        }
        Ok(tokens)
    }

    fn add(&mut self, entry: EntryText) -> Result<(), TokenFileError> {
        if entry.token.len() < MIN_TOKEN_BYTES {
            return Err(TokenFileError::Weak { user: entry.user });
        }
        if let Some(other) = self.subject(&entry.token) {
            return Err(TokenFileError::Duplicate {
                first: other.user_id.as_deref().unwrap_or_default().to_owned(),
                second: entry.user,
            });
        }
        let subject = Subject {
            project_id: Some(entry.project.into()),
            user_id: Some(entry.user.into()),
            roles: implied(entry.roles.iter().map(|role| role.as_str())),
            ..Subject::default()
        };
        let bucket = self.hasher.hash_one(&entry.token);
        self.entries.entry(bucket).or_default().push(Entry {
            token: entry.token,
            subject: Arc::new(subject),
        });
        Ok(())
    }

    /// Whose token this is.
    pub(super) fn subject(&self, token: &str) -> Option<Arc<Subject>> {
        let bucket = self.entries.get(&self.hasher.hash_one(token))?;
        let found = bucket
            .iter()
            .find(|entry| same_bytes(entry.token.as_bytes(), token.as_bytes()))?;
        Some(Arc::clone(&found.subject))
    }
}

impl fmt::Debug for TokenFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenFile({} tokens, redacted)", self.entries.len())
    }
}

/// Compares without stopping at the first difference.
fn same_bytes(one: &[u8], other: &[u8]) -> bool {
    let differences = one
        .iter()
        .zip(other)
        .fold(0_u8, |sum, (a, b)| std::hint::black_box(sum | (a ^ b)));
    one.len() == other.len() && differences == 0
}

fn syntax(text: &str, error: &toml::de::Error) -> TokenFileError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.as_bytes().iter().take(start);
    TokenFileError::Syntax {
        line: 1 + before.filter(|byte| **byte == b'\n').count(),
    }
}

#[cfg(unix)]
fn refuse_exposed(path: &Path, metadata: &std::fs::Metadata) -> Result<(), TokenFileError> {
    use std::os::unix::fs::MetadataExt;
    let mode = metadata.mode() & 0o777;
    if mode & 0o007 != 0 || mode & 0o020 != 0 {
        let path = path.to_owned();
        return Err(TokenFileError::Exposed { path, mode });
    }
    if mode & 0o040 != 0 {
        tracing::warn!(path = %path.display(), "the token file is readable by its group");
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path, _: &std::fs::Metadata) -> Result<(), TokenFileError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Auth;
    use axum::http::HeaderMap;

    const FILE: &str = r#"
        [[token]]
        token = "operator-secret"
        project = "ops"
        user = "root"
        roles = ["admin"]

        [[token]]
        token = "tenant-secret"
        project = "p1"
        user = "alice"
        roles = ["member", "reader"]
    "#;

    fn headers(token: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-auth-token", token.parse().unwrap());
        headers
    }

    #[tokio::test]
    async fn a_token_gives_its_project_and_roles_and_headers_give_nothing() {
        let auth = Auth::Token(Arc::new(TokenFile::parse(FILE).unwrap()));
        let mut request = headers("tenant-secret");
        request.insert("x-project-id", "ops".parse().unwrap());
        request.insert("x-roles", "admin".parse().unwrap());
        let subject = auth.subject(&request).await.unwrap();
        assert_eq!(subject.project_id.as_deref(), Some("p1"));
        assert!(!subject.roles.has("admin"));
        let operator = auth.subject(&headers("operator-secret")).await.unwrap();
        assert!(operator.roles.has("admin"));
        assert!(auth.subject(&headers("operator-secre")).await.is_err());
        assert!(auth.subject(&HeaderMap::new()).await.is_err());
    }

    #[test]
    fn secrets_never_reach_texts() {
        let tokens = TokenFile::parse(FILE).unwrap();
        assert!(!format!("{:?}", Auth::Token(Arc::new(tokens))).contains("secret"));
        let broken = FILE.replace("roles = [\"admin\"]", "roles = [\"secret-role\"]");
        let error = TokenFile::parse(&broken).err().unwrap().to_string();
        assert!(error.contains("line 6"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn weak_double_and_missing_tokens_are_refused() {
        let weak = FILE.replace("tenant-secret", "abc");
        assert!(matches!(
            TokenFile::parse(&weak),
            Err(TokenFileError::Weak { .. })
        ));
        let double = FILE.replace("tenant-secret", "operator-secret");
        assert!(matches!(
            TokenFile::parse(&double),
            Err(TokenFileError::Duplicate { .. })
        ));
        assert!(matches!(TokenFile::parse(""), Err(TokenFileError::Empty)));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), FILE).unwrap();
        let allow = |mode| {
            std::fs::set_permissions(file.path(), PermissionsExt::from_mode(mode)).unwrap();
        };
        allow(0o644);
        assert!(matches!(
            TokenFile::load(file.path()),
            Err(TokenFileError::Exposed { mode: 0o644, .. })
        ));
        allow(0o600);
        assert!(TokenFile::load(file.path()).is_ok());
        assert!(matches!(
            TokenFile::load(Path::new("/nonexistent")),
            Err(TokenFileError::Read { .. })
        ));
    }
}
