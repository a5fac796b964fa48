//! Signatures of plugins: Ed25519 (RFC 8032) over the bytes of the file, in a file of its own beside it.
//!
//! Keys are PEM files and signatures 64 bytes, as OpenSSL writes and reads them, so that an organisation can sign
//! where it keeps its keys.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes,
};
use ed25519_dalek::{SECRET_KEY_LENGTH, Signature, Signer, SigningKey, VerifyingKey};

use crate::cli::Failure;
use crate::folder;

/// The end of the name of a signature: `discounts.wasm.sig` is that of `discounts.wasm`.
const ENDING: &str = ".sig";

/// The header with the signature of a plugin that is sent to a server.
pub(crate) const SIGNATURE: &str = "Casewright-Signature";

/// The keys of those whose plugins are taken.
#[derive(Debug)]
pub struct Keys {
    /// Where they are from, for messages.
    from: PathBuf,
    keys: Vec<(PathBuf, VerifyingKey)>,
}

/// A new pair of keys, as PEM: the secret one and the public one.
#[derive(Debug)]
pub struct Pair {
    /// For whoever signs, and nobody else.
    pub secret: String,
    /// For whoever checks.
    pub public: String,
}

impl Pair {
    /// Draws one.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn draw() -> Result<Pair, Failure> {
        let mut secret_key = [0; SECRET_KEY_LENGTH];
        getrandom::fill(&mut secret_key)
            .map_err(|error| Failure::new("the system gives no random bytes", error))?;
        let failed = |error: &dyn std::fmt::Display| Failure::new("cannot write the key", error);
        let public = SigningKey::from_bytes(&secret_key).verifying_key();
        let public = public.to_public_key_pem(LineEnding::LF);
        // Without the public key in it: not every reader knows that form.
        let secret = KeypairBytes {
            secret_key,
            public_key: None,
        };
        let secret = secret.to_pkcs8_pem(LineEnding::LF);
        Ok(Pair {
            secret: secret.map_err(|error| failed(&error))?.to_string(),
            public: public.map_err(|error| failed(&error))?,
        })
    }
}

/// Where the signature of a file lies.
pub fn path_of(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ENDING);
    PathBuf::from(name)
}

/// The signature of a file, if there is one beside it.
///
/// # Errors
/// It cannot be read.
pub fn beside(file: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let path = path_of(file);
    match path.is_file() {
        true => folder::read(&path).map(Some),
        false => Ok(None),
    }
}

/// The signature of some bytes by the secret key in a file.
///
/// # Errors
/// The file cannot be read, or is no such key.
pub fn sign(bytes: &[u8], key: &Path) -> Result<[u8; Signature::BYTE_SIZE], Failure> {
    let text = read_text(key)?;
    let key = SigningKey::from_pkcs8_pem(&text).map_err(|_| {
        Failure(format!(
            "expected a secret Ed25519 key in PEM in `{}`\n\nhint: `casewright plugin keygen` makes one",
            key.display()
        ))
    })?;
    Ok(key.sign(bytes).to_bytes())
}

impl Keys {
    /// The public keys in a file, or in the `.pem` files of a folder.
    ///
    /// # Errors
    /// They cannot be read, one is no such key, or there is none.
    pub fn read(path: &Path) -> Result<Keys, Failure> {
        let mut files = vec![path.to_owned()];
        if path.is_dir() {
            files = folder::entries(path)?;
            files.retain(|file| file.extension().is_some_and(|extension| extension == "pem"));
        }
        if files.is_empty() {
            return Err(Failure(format!(
                "there is no key in `{}`: expected `.pem` files",
                path.display()
            )));
        }
        let keys = files.into_iter().map(|file| {
            let key = read_key(&file)?;
            Ok((file, key))
        });
        Ok(Keys {
            from: path.to_owned(),
            keys: keys.collect::<Result<_, Failure>>()?,
        })
    }

    /// Sees that the bytes of a file are signed by one of the keys: the file of that key, or why not.
    ///
    /// # Errors
    /// There is no good signature beside the file.
    pub fn verify(&self, file: &Path, bytes: &[u8]) -> Result<&Path, Failure> {
        let path = path_of(file);
        let signature = fs::read(&path).map_err(|error| {
            Failure(format!(
                "`{}` is not signed: cannot read `{}`: {error}\n\nhint: `casewright plugin sign` writes it",
                file.display(),
                path.display()
            ))
        })?;
        if signature.len() != Signature::BYTE_SIZE {
            return Err(Failure(format!(
                "expected a signature of {} bytes in `{}`, found {}",
                Signature::BYTE_SIZE,
                path.display(),
                signature.len()
            )));
        }
        self.key_of(bytes, &signature).ok_or_else(|| {
            Failure(format!(
                "the signature of `{}` is of no key in `{}`, or the file was changed after it was signed",
                file.display(),
                self.from.display()
            ))
        })
    }

    /// The file of the key that has made this signature of the bytes; none when none of them has.
    pub fn key_of(&self, bytes: &[u8], signature: &[u8]) -> Option<&Path> {
        let signature = Signature::from_slice(signature).ok()?;
        let good =
            |(_, key): &&(PathBuf, VerifyingKey)| key.verify_strict(bytes, &signature).is_ok();
        self.keys.iter().find(good).map(|(file, _)| &**file)
    }
}

fn read_key(file: &Path) -> Result<VerifyingKey, Failure> {
    VerifyingKey::from_public_key_pem(&read_text(file)?).map_err(|_| {
        Failure(format!(
            "expected a public Ed25519 key in PEM in `{}`",
            file.display()
        ))
    })
}

fn read_text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(folder::read(file)?)
        .map_err(|error| Failure::new(format_args!("`{}`", file.display()), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first test of RFC 8032, section 7.1, with its keys in PEM as OpenSSL writes them.
    #[test]
    fn keys_and_signatures_are_those_of_the_standard() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let secret = write(
            "secret.pem",
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n",
        );
        let public = write(
            "public.pem",
            "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n",
        );
        let signature = sign(b"", &secret).unwrap();
        assert_eq!(signature[..4], [0xe5, 0x56, 0x43, 0x00]);
        assert_eq!(signature[60..], [0x8e, 0x7a, 0x10, 0x0b]);
        let plugin = folder.path().join("a.wasm");
        fs::write(path_of(&plugin), signature).unwrap();
        let keys = Keys::read(&public).unwrap();
        assert_eq!(keys.verify(&plugin, b"").unwrap(), public);
        assert!(keys.verify(&plugin, b"x").is_err());
    }

    #[test]
    fn a_pair_that_was_drawn_goes_together() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["secret.pem", "public.pem"].map(|name| folder.path().join(name));
        let pair = Pair::draw().unwrap();
        fs::write(&paths[0], &pair.secret).unwrap();
        fs::write(&paths[1], &pair.public).unwrap();
        let plugin = folder.path().join("a.wasm");
        fs::write(path_of(&plugin), sign(b"bytes", &paths[0]).unwrap()).unwrap();
        assert!(
            Keys::read(&paths[1])
                .unwrap()
                .verify(&plugin, b"bytes")
                .is_ok()
        );
        assert_ne!(Pair::draw().unwrap().secret, pair.secret);
    }
}
