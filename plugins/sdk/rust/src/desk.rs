//! A world for tests of services on the desk, without WebAssembly and without a network.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::context::{Attempt, World};
use crate::failure::Failure;
use crate::http::{Request, Response};

type Answer = Box<dyn Fn(&Request) -> Result<Response, Failure>>;

/// What a service reaches in a test: the secrets and the answers that it was given, and a memory that starts empty.
pub struct Desk {
    pub(crate) attempt: Attempt,
    secrets: BTreeMap<String, String>,
    answer: Answer,
    entries: RefCell<BTreeMap<String, Vec<u8>>>,
}

impl Desk {
    /// A world that has no secrets and reaches no host, for a first attempt with the key `desk`.
    #[allow(
        clippy::new_without_default,
        reason = "there is nothing usual about it"
    )]
    pub fn new() -> Self {
        let unreachable = |_: &Request| {
            let failure = Failure::new("http-unreachable", "nothing answers on this desk");
            Err(failure.try_again())
        };
        Desk {
            attempt: Attempt {
                key: "desk".to_owned(),
                number: 1,
                case_id: "case".to_owned(),
            },
            secrets: BTreeMap::new(),
            answer: Box::new(unreachable),
            entries: RefCell::default(),
        }
    }

    /// The same with a secret.
    #[must_use]
    pub fn with_secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same, where requests are answered by `answer`.
    #[must_use]
    pub fn with_http(
        mut self,
        answer: impl Fn(&Request) -> Result<Response, Failure> + 'static,
    ) -> Self {
        self.answer = Box::new(answer);
        self
    }

    /// What is remembered.
    pub fn entries(&self) -> BTreeMap<String, Vec<u8>> {
        self.entries.borrow().clone()
    }
}

impl World for Desk {
    fn send(&self, request: &Request) -> Result<Response, Failure> {
        (self.answer)(request)
    }

    fn secret(&self, name: &str) -> Result<String, Failure> {
        let secret = self.secrets.get(name).cloned();
        secret.ok_or_else(|| Failure::new("not-granted", format!("there is no secret `{name}`")))
    }

    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        Ok(self.entries.borrow().get(key).cloned())
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), Failure> {
        self.entries
            .borrow_mut()
            .insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), Failure> {
        self.entries.borrow_mut().remove(key);
        Ok(())
    }

    fn keys(&self, prefix: &str, after: Option<&str>) -> Result<Vec<String>, Failure> {
        let entries = self.entries.borrow();
        let keys = entries.keys().filter(|key| key.starts_with(prefix));
        let keys = keys.filter(|key| after.is_none_or(|after| key.as_str() > after));
        Ok(keys.take(1000).cloned().collect())
    }
}
