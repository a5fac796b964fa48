//! Files of plugins: small ones made on the spot, shipped ones, and what becomes of their bytes.

use std::sync::LazyLock;

use casewright_host::{CallError, Decision, LoadError, Plugin};

use crate::guests::{Behaviour, Hostile, MADE_UP, host};

/// An error is a text that people read.
const MAX_MESSAGE_BYTES: usize = 16 << 10;

/// Calls of it go on, whatever is loaded beside it.
static NEIGHBOUR: LazyLock<Plugin> = LazyLock::new(|| {
    let answer = Behaviour::Answer(br#"{"all": "well"}"#.to_vec());
    let bytes = Hostile::new("neighbour", "ask", answer).component();
    let loaded = host().load("neighbour.wasm", &bytes);
    loaded.unwrap_or_else(|error| panic!("{error}"))
});

/// Loads the bytes as a plugin's file, and calls what is loaded.
pub fn component(bytes: &[u8]) {
    let first = host().load(MADE_UP, bytes);
    match &first {
        Ok(plugin) => call(plugin),
        Err(error) => is_told(&error.to_string()),
    }
    if !is_of_clock(&first) {
        let again = host().load(MADE_UP, bytes);
        assert_eq!(told(&first), told(&again), "a file is what it is");
    }
    let decision = NEIGHBOUR.decide("ask", "{}").expect("a neighbour answers");
    assert_eq!(decision.value["all"], "well");
}

/// Calls each of its decisions twice: what it answers is always the same.
fn call(plugin: &Plugin) {
    for function in plugin.functions() {
        for input in ["{}", r#"{"a": [1, "b"]}"#] {
            let ask = || plugin.decide(&function.name, input);
            let (first, second) = (ask(), ask());
            if let Err(error) = &first {
                is_told(&error.to_string());
            }
            assert_eq!(answer(&first), answer(&second), "a decision repeats");
        }
    }
}

fn answer(answer: &Result<Decision, CallError>) -> Result<&Decision, String> {
    answer.as_ref().map_err(|error| format!("{error:?}"))
}

fn told(loaded: &Result<Plugin, LoadError>) -> Result<(&str, &str, &str), String> {
    match loaded {
        Ok(plugin) => Ok((plugin.name(), plugin.version(), plugin.digest())),
        Err(error) => Err(error.to_string()),
    }
}

/// A service is bounded by the clock and may look at it, so it need not be the same twice.
fn is_of_clock(loaded: &Result<Plugin, LoadError>) -> bool {
    match loaded {
        Ok(plugin) => plugin
            .functions()
            .iter()
            .any(|function| function.kind == "service"),
        Err(error) => error.to_string().contains("`deadline_ms`"),
    }
}

fn is_told(message: &str) {
    assert!(!message.is_empty(), "an error says something");
    assert!(
        message.len() <= MAX_MESSAGE_BYTES,
        "an error of {} bytes",
        message.len()
    );
}

/// Small plugins to begin with: of both worlds and every version, as components and as modules.
pub fn small_plugins() -> Vec<Vec<u8>> {
    let logging =
        "(import \"casewright:plugin/logging@0.1.0\" \"log\" (func $log (param i32 i32 i32 i32)))";
    let behaviours = [
        ("answer", Behaviour::Answer(br#"{"a": 1}"#.to_vec())),
        ("failure", Behaviour::Fail("no", "not today", "[1]")),
        ("memory", Behaviour::MemoryBomb),
        ("table", Behaviour::TableBomb),
        ("trap", Behaviour::DeepTrap),
        ("log", Behaviour::LogFlood(3)),
        ("nan", Behaviour::NanBits),
        ("echo", Behaviour::Echo),
        ("start", Behaviour::LoopInStart),
        (
            "import",
            Behaviour::Custom(
                logging.to_owned(),
                "(i32.store (i32.const 0) (i32.const 32123))".to_owned(),
                2,
            ),
        ),
    ];
    let mut files = Vec::new();
    for (name, behaviour) in behaviours {
        let decision = Hostile::new(name, "judge", behaviour.clone());
        let newer = Hostile {
            contract: "0.2.0".to_owned(),
            ..decision.clone()
        };
        let service = Hostile::service(name, "judge", behaviour);
        files.extend([decision.module(), decision.bare_module()]);
        files.extend([decision, newer, service].map(|plugin| plugin.component()));
    }
    files
}
