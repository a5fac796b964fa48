//! What a server is sent by mistake or by malice: each has its own answer, changes nothing, and the
//! server goes on.

mod addresses;
mod bodies;
mod bytes;
mod events;
mod files;
mod headers;
mod queries;
mod start;
mod stores;

use casewright_tests::server::{Client, Server};
use serde_json::{Value as Json, json};

/// A server with one complaint that stands in `received`, and an eye on it.
struct Watched {
    server: Server,
    before: Json,
}

impl Watched {
    fn start() -> Self {
        let server = Server::start();
        let account = json!({ "name": "南方电网科技股份有限公司", "id": "C-20031" });
        let data = json!({ "account": account, "tier": "core", "channel": "phone" });
        let opened =
            server
                .actor("zhang.wei", "account-manager")
                .open("TS-1", "complaint-handling", &data);
        opened.expect(201);
        let mut watched = Watched {
            server,
            before: Json::Null,
        };
        watched.before = watched.whole();
        watched
    }

    /// The account manager of the complaint.
    fn manager(&self) -> Client {
        self.server.actor("zhang.wei", "account-manager")
    }

    /// The complaint and its history.
    fn whole(&self) -> Json {
        let client = self.manager();
        let view = client.get("/cases/TS-1").expect(200).json();
        let history = client.get("/cases/TS-1/history").expect(200).json();
        json!({ "view": view, "history": history })
    }

    /// Nothing has changed, no other case has come to be, and the server is well.
    #[track_caller]
    fn assert_unchanged(&self) {
        assert_eq!(self.whole(), self.before);
        let cases = self.manager().get("/cases").expect(200).json();
        assert_eq!(
            cases["cases"].as_array().map(Vec::len),
            Some(1),
            "{cases:#}"
        );
        self.server.nobody().get("/health").expect(200);
        self.server.assert_calm();
    }
}

/// What a complaint is registered with.
fn registration() -> Json {
    json!({
        "content": "平台昨夜宕机两小时，要求尽快说明原因并恢复",
        "customer_info": { "name": "梁晓东", "phone": "020-55550188" },
    })
}
