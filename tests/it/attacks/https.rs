//! Plaintext is redirected to https, directly or behind a trusted proxy.

use std::num::NonZeroU8;

use serde_json::Value;
use tower_redirect::{
    LocalPath, Redirect,
    policy::{BoxPolicy, CanonicalHost, Https, HttpsEnforcement, SchemeSource},
    trust::{ForwardedHeader, TrustedProxies, connect_info},
};

use super::{permanent, text, texts};

classes!(
    "https",
    72,
    build,
    [
        absolute_form,
        authority_mismatch,
        control,
        downgrade,
        exempt,
        exempt_bypass,
        forwarded_trusted,
        forwarded_untrusted,
        host_header,
        host_scale,
        hsts,
        method,
        path_in_location,
        preflight,
        request_form,
        upgrade,
    ]
);

/// Everything is plaintext but what a trusted proxy says; the hosts stay what they are, or one is
/// canonical.
fn policy(config: &Value) -> Result<Https, String> {
    let mut hosts: Vec<String> = texts(&config["allowed_hosts"])
        .into_iter()
        .map(str::to_owned)
        .collect();
    let fillers = config["allowed_hosts_filler"].as_u64().unwrap_or(0);
    hosts.extend((0..fillers).map(|n| format!("h{n}.example")));
    let host = match config["then_canonical"].as_str() {
        Some(canonical) => {
            let aliases = hosts.into_iter().filter(|host| host != canonical);
            CanonicalHost::with_aliases(canonical, aliases)
        }
        None => CanonicalHost::one_of(hosts),
    }
    .map_err(|error| error.to_string())?;

    let source = match &config["trust"] {
        Value::Null => SchemeSource::plaintext_listener(),
        config => SchemeSource::trusted_proxy(trust(config)?),
    };
    let mut plaintext = HttpsEnforcement::new(source);
    if let Some(port) = config["https_port"].as_u64() {
        plaintext = plaintext.port(port.try_into().unwrap());
    }
    if config["unsafe_methods"] == "reject" {
        plaintext = plaintext.refuse_unsafe_methods();
    }
    if config["hsts_preload_safe"] == true {
        plaintext = plaintext.same_host_first();
    }
    for path in texts(&config["exempt"]) {
        // The challenges of certificate authorities are exempt without a word.
        if path != "/.well-known/acme-challenge/*" {
            plaintext = plaintext.exempt(LocalPath::new(path).map_err(|e| format!("{path}: {e}"))?);
        }
    }
    Ok(Https::on(host, plaintext))
}

fn build(config: &Value) -> Result<BoxPolicy<Redirect>, String> {
    policy(config).and_then(permanent)
}

/// Who is believed.
fn trust(config: &Value) -> Result<TrustedProxies, String> {
    let peers = TrustedProxies::networks(texts(&config["peers"]), connect_info)
        .map_err(|e| e.to_string())?;
    let header = match text(&config["proto_header"]) {
        "forwarded" => ForwardedHeader::Forwarded,
        "x-forwarded-proto" => ForwardedHeader::XForwardedProto,
        other => return Err(format!("a row with {other}")),
    };
    let hops = u8::try_from(config["hops"].as_u64().unwrap()).unwrap();
    let trust = peers.header(header).hops(NonZeroU8::new(hops).unwrap());
    Ok(match config["host_header"].is_string() {
        true => trust.and_host(),
        false => trust,
    })
}
