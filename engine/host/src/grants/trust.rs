//! Whose word is taken for who a host is, when a service speaks to it over TLS.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::grants::granted::GrantError;

/// A company has a few authorities of its own, not a system's whole list of them.
const MAX_ROOTS_BYTES: u64 = 1 << 20;

/// The authorities whose certificates are believed: the public ones, and those that an operator adds. Cheap to clone.
#[derive(Clone)]
pub struct Trust {
    client: Arc<ClientConfig>,
    added: usize,
}

/// The public authorities alone.
static PUBLIC: LazyLock<Trust> = LazyLock::new(|| Trust::of(public(), 0));

impl Trust {
    /// The public authorities, and those whose certificates are in the PEM file `file`.
    ///
    /// # Errors
    /// [`GrantError::Roots`] when the file cannot be read, holds no certificate, or one that is none.
    pub fn with_roots(file: &Path) -> Result<Trust, GrantError> {
        let wrong = |message| GrantError::Roots {
            file: file.to_owned(),
            message,
        };
        let pem = read(file).map_err(wrong)?;
        let mut roots = public();
        let mut added = 0;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            added += 1;
            let unreadable = |error: &dyn fmt::Display| {
                wrong(format!(
                    "certificate {added}: expected one in PEM, found one that cannot be read: {error}"
                ))
            };
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            roots.add(certificate).map_err(|error| unreadable(&error))?;
        }
        match added {
            0 => Err(wrong(format!(
                "expected certificates in PEM, each from `-----BEGIN CERTIFICATE-----` on, found {}",
                beginning(&pem)
            ))),
            _ => Ok(Trust::of(roots, added)),
        }
    }

    fn of(roots: RootCertStore, added: usize) -> Trust {
        let client = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Trust {
            client: Arc::new(client),
            added,
        }
    }

    pub(crate) fn connector(&self) -> TlsConnector {
        TlsConnector::from(self.client.clone())
    }
}

fn public() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.into(),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    let length = fs::metadata(file).map_err(|error| error.to_string())?.len();
    if length > MAX_ROOTS_BYTES {
        return Err(format!(
            "expected at most {MAX_ROOTS_BYTES} bytes, found {length}"
        ));
    }
    fs::read(file).map_err(|error| error.to_string())
}

/// What a file without certificates holds, as far as its beginning tells.
fn beginning(file: &[u8]) -> String {
    let text = String::from_utf8_lossy(file);
    let label = text.split_once("-----BEGIN ").and_then(|(_, rest)| {
        let (label, _) = rest.split_once("-----")?;
        (label.len() <= 40).then(|| label.escape_debug().to_string())
    });
    match (label, file) {
        (Some(label), _) => format!("`-----BEGIN {label}-----`"),
        (None, []) => "an empty file".to_owned(),
        // A sequence of ASN.1.
        (None, [0x30, ..]) => "what looks like DER".to_owned(),
        (None, _) => "nothing of the kind".to_owned(),
    }
}

impl Default for Trust {
    fn default() -> Self {
        PUBLIC.clone()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("added", &self.added)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(content: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        fs::write(&file, content).unwrap();
        let error = Trust::with_roots(&file).unwrap_err().to_string();
        error.replace(&file.display().to_string(), "ca.pem")
    }

    #[test]
    fn files_that_are_none_are_told() {
        let expected = "`tls.roots`: `ca.pem`: expected certificates in PEM, each from \
                        `-----BEGIN CERTIFICATE-----` on, found ";
        for (content, found) in [
            (&b""[..], "an empty file"),
            (b"\x30\x82\x01\x0a", "what looks like DER"),
            (b"hello", "nothing of the kind"),
            (
                b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "`-----BEGIN PRIVATE KEY-----`",
            ),
        ] {
            assert_eq!(told(content), format!("{expected}{found}"));
        }
        let none = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let expected = "`tls.roots`: `ca.pem`: certificate 1: expected one in PEM, found one that cannot be read: ";
        for content in [none, &none.replace("AAAA", "%%%%"), &none[..40]] {
            let told = told(content.as_bytes());
            assert!(told.starts_with(expected), "{told}");
        }
        let long = vec![b'\n'; (MAX_ROOTS_BYTES + 1) as usize];
        assert_eq!(
            told(&long),
            "`tls.roots`: `ca.pem`: expected at most 1048576 bytes, found 1048577"
        );
        let error = Trust::with_roots(Path::new("no/such/file.pem")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`tls.roots`: `no/such/file.pem`: No such file or directory (os error 2)"
        );
    }
}
