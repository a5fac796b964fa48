//! Write Casewright plugins in Rust.
//!
//! A plugin is a list of plain functions from one type to another. The types give the JSON Schemas
//! that workflows are checked against, so there is nothing to keep in step by hand:
//!
//! ```
//! use casewright_plugin::{Failure, Plugin, export};
//! use schemars::JsonSchema;
//! use serde::{Deserialize, Serialize};
//!
//! /// What the discount depends on.
//! #[derive(Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Order {
//!     /// Pieces ordered.
//!     pieces: u32,
//! }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Discount {
//!     /// Share of the price, 0 to 100.
//!     percent: f64,
//! }
//!
//! fn discount(order: Order) -> Result<Discount, Failure> {
//!     if order.pieces == 0 {
//!         return Err(Failure::new("nothing-ordered", "an order of no pieces has no discount"));
//!     }
//!     Ok(Discount { percent: if order.pieces >= 100 { 5.0 } else { 0.0 } })
//! }
//!
//! fn plugin() -> Plugin {
//!     Plugin::new("discounts", env!("CARGO_PKG_VERSION"))
//!         .decision("discount", "Discount", "The discount on an order of some size.", discount)
//! }
//!
//! export!(plugin);
//!
//! // On the desk, without WebAssembly:
//! let answer = plugin().decide("discount", r#"{"pieces": 250}"#);
//! assert_eq!(answer, Ok(r#"{"percent":5}"#.to_owned()));
//! ```
//!
//! Functions that reach the world are services: see [`Plugin::service`] and [`Context`]. A plugin of them is built with the
//! feature `service`.
//!
//! Compiled for `wasm32-unknown-unknown`, with `crate-type = ["cdylib"]`, that is a plugin. A panic
//! ends the call and nothing else; its message is in the call's log.

#[cfg(all(
    target_arch = "wasm32",
    not(target_feature = "atomics"),
    feature = "arena"
))]
mod arena;
mod context;
#[cfg(not(target_arch = "wasm32"))]
mod desk;
mod failure;
mod function;
pub mod http;
mod json;
pub mod log;
#[cfg(all(target_arch = "wasm32", feature = "service"))]
mod outside;
mod plugin;

#[cfg(target_arch = "wasm32")]
#[cfg_attr(feature = "service", path = "guest_service.rs")]
#[doc(hidden)]
pub mod guest;

#[cfg(all(
    target_arch = "wasm32",
    not(target_feature = "atomics"),
    feature = "arena"
))]
#[global_allocator]
static ALLOCATOR: arena::Arena = arena::Arena::new();

pub use context::{Attempt, Context, KeyValue};
#[cfg(not(target_arch = "wasm32"))]
pub use desk::Desk;
pub use failure::Failure;
pub use function::Function;
pub use plugin::{Plugin, Wanted};

/// Makes a function that returns a [`Plugin`] the plugin of this crate.
///
/// Outside WebAssembly this exports nothing, so that the crate's tests run natively.
#[cfg(not(feature = "service"))]
#[macro_export]
macro_rules! export {
    ($plugin:path) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;

            impl $crate::guest::Catalogue for Exported {
                fn describe() -> $crate::guest::Description {
                    $crate::guest::describe($plugin)
                }
            }

            impl $crate::guest::Decisions for Exported {
                fn decide(
                    function: ::std::string::String,
                    input: ::std::string::String,
                ) -> ::std::result::Result<::std::string::String, $crate::guest::Failure> {
                    $crate::guest::decide($plugin, &function, &input)
                }
            }

    $crate::guest::bindings::export!(Exported with_types_in $crate::guest::bindings);
        };
    };
}

/// Makes a function that returns a [`Plugin`] of services the plugin of this crate.
///
/// Outside WebAssembly this exports nothing, so that the crate's tests run natively.
#[cfg(feature = "service")]
#[macro_export]
macro_rules! export {
    ($plugin:path) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;

            impl $crate::guest::Catalogue for Exported {
                fn describe() -> $crate::guest::Description {
                    $crate::guest::describe($plugin)
                }
            }

            impl $crate::guest::Services for Exported {
                fn serve(
                    function: ::std::string::String,
                    input: ::std::string::String,
                    attempt: $crate::guest::Attempt,
                ) -> ::std::result::Result<::std::string::String, $crate::guest::Failure> {
                    $crate::guest::serve($plugin, &function, &input, attempt)
                }
            }

    $crate::guest::bindings::export!(Exported with_types_in $crate::guest::bindings);
        };
    };
}
