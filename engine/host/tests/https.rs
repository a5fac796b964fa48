//! Services and HTTPS: whom they believe, and what is told of whom they do not.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "support/web.rs"]
mod web;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use casewright_host::grants::{Grant, GrantError};
use casewright_host::grants::{HttpGrant, KeyValueGrant, Scheme, TlsGrant, Trust};
use casewright_host::{
    Attempt, CallError, CertificateFault, Granted, Grants, Host, HostConfig, MemorySpace, Plugin,
    Reason, Refusal, Served,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use serde_json::json;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use web::{Answer, Web};

/// A company's own authority.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Authority(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// A server with a certificate by this authority.
    fn server(&self, params: CertificateParams) -> Web {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key);
        Web::start_tls(config.unwrap(), |_, _| Answer::json(200, "{}"))
    }

    /// The authority's certificate, in `folder`.
    fn write(&self, folder: &Path) -> PathBuf {
        let file = folder.join("company-ca.pem");
        // As such files are: with words before the certificate.
        fs::write(&file, format!("The company's own\n{}", self.0.pem())).unwrap();
        file
    }

    fn trust(&self) -> Trust {
        let folder = tempfile::tempdir().unwrap();
        Trust::with_roots(&self.write(folder.path())).unwrap()
    }
}

fn names(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    CertificateParams::new(names).unwrap()
}

/// The plugin that does what it is told, granted this machine by two of its names.
fn rogue(web: &Web, trust: Trust) -> Plugin {
    let dist: PathBuf = match std::env::var_os("CASEWRIGHT_PLUGINS_DIST") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/dist"),
    };
    let bytes = fs::read(dist.join("examples/rogue.wasm")).unwrap();
    let host = Host::new(HostConfig::default()).unwrap();
    let rogue = host.load("rogue.wasm", &bytes).unwrap();
    let port = web.address.port();
    let asked_for = rogue.wanted().capabilities().iter();
    let hosts = asked_for.filter(|wanted| wanted.kind == "http");
    let http = hosts.map(|wanted| HttpGrant {
        host: format!("{}:{port}", wanted.name),
        scheme: Scheme::Https,
        private: true,
    });
    let grant = Grant {
        http: http.collect(),
        key_value: Some(KeyValueGrant { bytes: 1000 }),
        ..Grant::default()
    };
    let secrets = [("token".to_owned(), "s3cr3t token".to_owned())].into();
    let granted = Granted::with_secrets(&grant, secrets).unwrap();
    let space = Arc::new(MemorySpace::default());
    rogue.granted(&granted.trusting(trust), space).unwrap()
}

fn url(web: &Web, host: &str) -> String {
    format!("https://{host}:{}", web.address.port())
}

fn fetch(plugin: &Plugin, url: &str) -> Result<Served, CallError> {
    let attempt = Attempt {
        key: "key".to_owned(),
        number: 1,
        case: "case".to_owned(),
    };
    plugin.serve("obey", &json!({"do": "fetch", "url": url}), &attempt)
}

/// Asserts what is told of a host that is not believed, and that it was told nothing itself.
#[track_caller]
fn check_refused(web: &Web, trust: Trust, host: &str, fault: CertificateFault, words: &str) {
    let url = url(web, host);
    let error = fetch(&rogue(web, trust), &url).unwrap_err();
    let Reason::Failed { code, retry, .. } = &*error.reason else {
        panic!("{error}");
    };
    assert_eq!(code, "http-unreachable");
    assert!(retry.is_some(), "a certificate may be replaced");
    let host = url.clone();
    let refusal = Refusal::Certificate { host, fault };
    assert_eq!(refusal.code(), "certificate-not-trusted");
    assert_eq!(
        refusal.to_string(),
        format!("http to {url} is not safe: its certificate {words}")
    );
    let told: Vec<_> = error.logs.iter().map(|line| &*line.message).collect();
    assert_eq!(told, [format!("refused: {refusal}")]);
    assert!(web.seen().is_empty());
}

#[test]
fn a_company_s_own_authority_is_believed_when_it_is_given() {
    let authority = Authority::new("The company's own");
    let web = authority.server(names(&["localhost", "127.0.0.1"]));
    let plugin = rogue(&web, authority.trust());
    for host in ["localhost", "127.0.0.1"] {
        let served = fetch(&plugin, &url(&web, host)).unwrap();
        assert_eq!(served.value["status"], 200);
    }
    assert_eq!(web.seen().len(), 2);
}

#[test]
fn nobody_else_s_authority_is_believed() {
    let authority = Authority::new("The company's own");
    // One calls itself by the same name.
    let others = ["Another", "The company's own"].map(|name| Authority::new(name).trust());
    let web = authority.server(names(&["localhost"]));
    let words =
        "is issued by nobody who is trusted, neither a public authority nor one of `tls.roots`";
    for trust in others.into_iter().chain([Trust::default()]) {
        check_refused(
            &web,
            trust,
            "localhost",
            CertificateFault::UnknownIssuer,
            words,
        );
    }
}

#[test]
fn another_host_s_certificate_is_not_believed() {
    let authority = Authority::new("The company's own");
    let web = authority.server(names(&["crm.example.com", "*.example.org", "10.1.2.3"]));
    let names = ["crm.example.com", "*.example.org", "10.1.2.3"];
    let names = names.map(str::to_owned).into();
    check_refused(
        &web,
        authority.trust(),
        "localhost",
        CertificateFault::OtherHost { names },
        "is that of crm.example.com, *.example.org, 10.1.2.3",
    );
}

#[test]
fn a_certificate_is_believed_in_its_time() {
    let authority = Authority::new("The company's own");
    let mut over = names(&["localhost"]);
    over.not_before = date_time_ymd(2001, 1, 1);
    over.not_after = date_time_ymd(2002, 1, 1);
    let web = authority.server(over);
    let fault = CertificateFault::Expired;
    check_refused(&web, authority.trust(), "localhost", fault, "has expired");
    let mut early = names(&["localhost"]);
    early.not_before = date_time_ymd(3001, 1, 1);
    early.not_after = date_time_ymd(3002, 1, 1);
    let web = authority.server(early);
    let fault = CertificateFault::NotYetValid;
    check_refused(
        &web,
        authority.trust(),
        "localhost",
        fault,
        "is not valid yet",
    );
}

/// A host that is believed speaks HTTPS; one that speaks HTTP at that port is no host at all.
#[test]
fn plain_http_is_not_taken_for_https() {
    let web = Web::start(|_, _| Answer::json(200, "{}"));
    let plugin = rogue(&web, Trust::default());
    let error = fetch(&plugin, &url(&web, "localhost")).unwrap_err();
    let port = web.address.port();
    let told = &error.logs[0].message;
    assert!(
        told.starts_with(&format!("no TLS with localhost:{port}: ")),
        "{told}"
    );
    assert!(web.seen().is_empty());
}

#[test]
fn grants_name_the_file_of_authorities() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("The company's own");
    authority.write(folder.path());
    let tls = TlsGrant {
        roots: "company-ca.pem".into(),
    };
    let grants = Grants {
        tls: Some(tls),
        ..Grants::default()
    };
    let web = authority.server(names(&["localhost"]));
    let trust = grants.clone().in_folder(folder.path()).trust().unwrap();
    assert!(fetch(&rogue(&web, trust), &url(&web, "localhost")).is_ok());

    let elsewhere = grants.in_folder(&folder.path().join("elsewhere"));
    let Err(GrantError::Roots { file, .. }) = elsewhere.trust() else {
        panic!("expected no file there");
    };
    assert_eq!(file, folder.path().join("elsewhere/company-ca.pem"));
}
