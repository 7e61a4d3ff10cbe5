//! Whose certificates a client takes.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The roots that vouch for a service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trust {
    /// Those in a PEM file.
    File(PathBuf),
    /// The system's.
    System,
    /// None: the service speaks no TLS.
    Nobody,
}

/// Why there is nobody to trust.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file of certificates cannot be read.
    #[error("cannot read certificates from {path}: {reason}")]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system offers no root certificates, and none were named.
    #[error("the system has no root certificates: name a file of them")]
    NoCertificates,
}

impl Trust {
    /// The file where one is named, else the system's roots where the URL speaks TLS.
    pub fn of(file: Option<&Path>, url: &str) -> Self {
        match file {
            Some(file) => Self::File(file.to_owned()),
            None if url.starts_with("https") => Self::System,
            None => Self::Nobody,
        }
    }

    pub(crate) fn config(&self) -> Result<ClientConfig, TrustError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| TrustError::NoCertificates)?;
        let roots = self.roots()?;
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }

    fn roots(&self) -> Result<RootCertStore, TrustError> {
        match self {
            Self::File(path) => named_roots(path),
            Self::System => system_roots(),
            Self::Nobody => Ok(RootCertStore::empty()),
        }
    }
}

/// The system's roots; those that cannot be read are passed over, as everywhere.
fn system_roots() -> Result<RootCertStore, TrustError> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if store.is_empty() {
        return Err(TrustError::NoCertificates);
    }
    Ok(store)
}

fn named_roots(path: &Path) -> Result<RootCertStore, TrustError> {
    let wrong = |reason: String| TrustError::Certificates {
        path: path.to_owned(),
        reason,
    };
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|e| wrong(e.to_string()))? {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        store
            .add(certificate)
            .map_err(|error| wrong(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(wrong("it holds no certificate".to_owned()));
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_file_wins_and_plain_http_trusts_nobody() {
        let file = Path::new("ca.pem");
        assert_eq!(Trust::of(Some(file), "http://k"), Trust::File(file.into()));
        assert_eq!(Trust::of(None, "https://k"), Trust::System);
        assert_eq!(Trust::of(None, "http://k"), Trust::Nobody);
    }

    #[test]
    fn a_file_must_be_there_and_hold_a_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let trust = Trust::File(file.clone());
        assert!(trust.config().is_err());
        std::fs::write(&file, "no certificate\n").unwrap();
        let error = trust.config().unwrap_err().to_string();
        assert!(error.contains("ca.pem"), "{error}");
        let root = rcgen::generate_simple_self_signed(["nova".to_owned()]).unwrap();
        std::fs::write(&file, root.cert.pem()).unwrap();
        assert!(trust.config().is_ok());
    }
}
