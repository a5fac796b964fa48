//! The casewright binary: command line and HTTP API.
