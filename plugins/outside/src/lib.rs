//! What services in JavaScript and Python reach the world by: requests in one piece, the time, and randomness.
//!
//! The toolchains of those languages cannot build a plugin that reaches WASI as the contract has it: one of them cannot
//! import its HTTP, the other would import sockets as well. So what they build imports nothing of WASI, but the interface
//! `casewright:outside/reach` of the folder `wit`; and `casewright plugin build` puts this component beside it, which
//! makes of that what the contract has. How it is done is the Rust SDK's: its sources are taken as they stand.
#![cfg(target_arch = "wasm32")]
#![allow(unreachable_pub, reason = "the sources of the SDK are public there")]

#[allow(dead_code, reason = "only requests are sent from here")]
#[path = "../../sdk/rust/src/context.rs"]
mod context;
#[allow(dead_code, reason = "the sources are the SDK's")]
#[path = "../../sdk/rust/src/failure.rs"]
mod failure;
#[allow(dead_code, reason = "the sources are the SDK's")]
#[path = "../../sdk/rust/src/http.rs"]
mod http;
#[allow(dead_code, reason = "the sources are the SDK's")]
#[path = "../../sdk/rust/src/outside.rs"]
mod outside;

/// Where the SDK's sources look for what was generated.
mod guest {
    #[allow(missing_docs)]
    pub(crate) mod bindings {
        wit_bindgen::generate!({
            path: ["../wit/v0.2.0", "wit"],
            world: "casewright:outside/adapter",
            generate_all,
        });
    }
}

use context::World as _;
use guest::bindings::exports::casewright::outside::reach::{Failure, Guest, Request, Response};
use guest::bindings::wasi::clocks::wall_clock;
use guest::bindings::wasi::random::random;

struct Adapter;

impl Guest for Adapter {
    fn send(request: Request) -> Result<Response, Failure> {
        let mut whole = http::Request::new(&request.method, request.url);
        for (name, value) in request.headers {
            whole = whole.with_header(&name, value);
        }
        match outside::Outside.send(&whole.with_body(request.body)) {
            Ok(response) => Ok(Response {
                status: response.status(),
                headers: response.headers().to_vec(),
                body: response.body().to_vec(),
            }),
            Err(failure) => Err(Failure {
                code: failure.code,
                message: failure.message,
                try_again: failure.try_again,
            }),
        }
    }

    fn now() -> u64 {
        let now = wall_clock::now();
        now.seconds * 1000 + u64::from(now.nanoseconds / 1_000_000)
    }

    fn random(count: u32) -> Vec<u8> {
        random::get_random_bytes(u64::from(count))
    }

    fn encode(text: String) -> Vec<u8> {
        text.into_bytes()
    }

    fn decode(bytes: Vec<u8>) -> String {
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

guest::bindings::export!(Adapter with_types_in guest::bindings);
