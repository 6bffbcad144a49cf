//! The example with the login page, over a real connection.

use http::header;

#[path = "../../../examples/login/app.rs"]
mod app;

#[tokio::test]
async fn over_a_real_connection() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app::app()).await });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();

    let form = client
        .get(format!("http://{address}/account?tab=2"))
        .send()
        .await
        .unwrap();
    assert_eq!(form.url().query(), Some("next=%2Faccount%3Ftab%3D2"));
    assert!(form.text().await.unwrap().contains("Who are you?"));

    let no_redirects = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(no_redirects)
        .build()
        .unwrap();
    let answer = client
        .post(format!("http://{address}/login?next=%2Faccount%3Ftab%3D2"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("name=ada")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()[header::LOCATION], "/account?tab=2");
    assert!(answer.headers().contains_key(header::SET_COOKIE));
    assert_eq!(answer.text().await.unwrap(), "");
}

/// A client follows `Location` with 3xx only, so a 401 that has one ends there.
#[tokio::test]
async fn a_401_with_a_location_is_not_followed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app::app()).await });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();

    let answer = client
        .get(format!("http://{address}/account"))
        .header(header::ACCEPT, "application/json")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(answer.url().path(), "/account");
    assert_eq!(answer.headers()[header::LOCATION], "/login?next=%2Faccount");
}
