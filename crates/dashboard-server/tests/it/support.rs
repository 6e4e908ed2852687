//! A server in a temporary folder, a client that remembers cookies, and fake data sources.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use dashboard_server::{App, Assets, Clock, Environment, Overrides, Server, Settings};
use http_body_util::BodyExt as _;
use runtime::CancellationToken;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

pub const START: i64 = 1_800_000_000;

pub struct Lab {
    pub app: App,
    pub clock: Clock,
    pub shutdown: CancellationToken,
    folder: TempDir,
}

impl Lab {
    /// A server with the default settings and data sources.
    pub async fn new() -> Self {
        Self::with([]).await
    }

    /// A server with the usual data sources and no dashboards of files.
    pub async fn without_dashboards() -> Self {
        const DATA_SOURCES: &str =
            include_str!("../../../../infrastructure/grafana/provisioning/datasources/datasources.yaml");
        let folder = tempfile::tempdir().unwrap();
        let files = folder.path().join("provisioning/datasources");
        std::fs::create_dir_all(&files).unwrap();
        std::fs::write(files.join("datasources.yaml"), DATA_SOURCES).unwrap();
        Self::open(folder, Clock::manual(START), []).await
    }

    /// A server with these variables.
    pub async fn with<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(START);
        Self::open(folder, clock, variables).await
    }

    async fn open<const N: usize>(folder: TempDir, clock: Clock, variables: [(&str, &str); N]) -> Self {
        let shutdown = CancellationToken::new();
        let app = open(&folder, clock.clone(), shutdown.clone(), variables).await.unwrap();
        Self { app, clock, shutdown, folder }
    }

    /// The same folder and time, opened anew with these variables.
    pub async fn restart<const N: usize>(self, variables: [(&str, &str); N]) -> Self {
        drop(self.app);
        Self::open(self.folder, self.clock, variables).await
    }

    pub fn data_folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn client(&self) -> Client {
        let address = [127, 0, 0, 1].into();
        Client { router: self.app.router(), cookies: Vec::new(), address, authorization: None }
    }

    /// A client that sends these credentials with every request.
    pub fn with_credentials(&self, authorization: &str) -> Client {
        Client { authorization: Some(authorization.to_owned()), ..self.client() }
    }

    /// A new user with this role, logged in; the password is `secret` and the login again.
    pub async fn user(&self, login: &str, role: &str) -> Client {
        let mut admin = self.admin().await;
        let body = serde_json::json!({ "login": login, "password": format!("secret{login}") });
        let added = admin.call("POST", "/api/admin/users", Some(body)).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.text());
        let path = format!("/api/org/users/{}", added.json()["id"]);
        let changed = admin.call("PATCH", &path, Some(serde_json::json!({ "role": role }))).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
        let mut client = self.client();
        assert_eq!(client.log_in(login, &format!("secret{login}")).await.status, StatusCode::OK);
        client
    }

    /// A token of a new service account with this role.
    pub async fn token(&self, name: &str, role: &str) -> String {
        let mut admin = self.admin().await;
        let body = serde_json::json!({ "name": name, "role": role });
        let account = admin.call("POST", "/api/serviceaccounts", Some(body)).await.json();
        let path = format!("/api/serviceaccounts/{}/tokens", account["id"]);
        let token = admin.call("POST", &path, Some(serde_json::json!({ "name": name }))).await.json();
        token["key"].as_str().unwrap().to_owned()
    }

    /// Everything the server wrote to its folder.
    pub fn stored_bytes(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path().join("data")).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    /// A client that has logged in.
    pub async fn admin(&self) -> Client {
        let mut client = self.client();
        assert_eq!(client.log_in("admin", "admin123").await.status, StatusCode::OK);
        client
    }

    /// Gives the administrator another role, as an organisation's administrator will be able to.
    pub async fn set_role(&self, role: &str) {
        let path = self.folder.path().join("data/dashboard-server.db");
        let pool = sqlx::SqlitePool::connect(path.to_str().unwrap()).await.unwrap();
        sqlx::query("UPDATE org_users SET role = ?").bind(role).execute(&pool).await.unwrap();
        pool.close().await;
    }

    /// The server on a real socket; returns its base address.
    pub async fn serve(&self) -> String {
        let server = Server::start(self.app.clone()).await.unwrap();
        format!("http://{}", server.address)
    }
}

/// Opens a server in `folder`; provisioning files are taken from `folder/provisioning` when it exists.
pub async fn open<const N: usize>(
    folder: &TempDir,
    clock: Clock,
    shutdown: CancellationToken,
    variables: [(&str, &str); N],
) -> anyhow::Result<App> {
    let environment = environment(folder, variables);
    let provisioning = folder.path().join("provisioning");
    let overrides = Overrides {
        listen: Some(SocketAddr::from(([127, 0, 0, 1], 3000))),
        provisioning: provisioning.is_dir().then_some(provisioning),
    };
    let settings = Settings::from_environment(&environment, &overrides)?;
    App::open(settings, clock, web(), shutdown).await
}

fn environment<const N: usize>(folder: &TempDir, variables: [(&str, &str); N]) -> Environment {
    let mut all = vec![("GF_PATHS_DATA".to_owned(), folder.path().join("data").display().to_string())];
    all.extend(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    Environment::fixed(all)
}

/// A small interface.
fn web() -> Assets {
    Assets::in_memory([
        ("index.html", "<!doctype html><script>alert(1)</script><div id=root></div>"),
        ("assets/app-1a2b.js", "console.log('plain')"),
        ("assets/app-1a2b.js.br", "brotli bytes"),
        ("assets/app-1a2b.js.gz", "gzip bytes"),
        ("favicon.svg", "<svg/>"),
    ])
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn cookies(&self) -> Vec<String> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|line| line.to_str().unwrap().to_owned())
            .collect()
    }
}

/// Sends requests straight into the router and keeps cookies, as a browser does.
#[derive(Clone)]
pub struct Client {
    router: Router,
    pub cookies: Vec<(String, String)>,
    pub address: IpAddr,
    authorization: Option<String>,
}

impl Client {
    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.headers_mut().insert(header::COOKIE, pairs.join("; ").parse().unwrap());
        }
        if let Some(authorization) = &self.authorization {
            request.headers_mut().insert(header::AUTHORIZATION, authorization.parse().unwrap());
        }
        request.headers_mut().entry(header::HOST).or_insert("localhost:3000".parse().unwrap());
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.address, 50_000)));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            self.store(line.to_str().unwrap());
        }
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    fn store(&mut self, line: &str) {
        let (name, rest) = line.split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        self.cookies.retain(|(known, _)| known != name);
        if !line.contains("Max-Age=0") {
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    pub fn token(&self) -> Option<String> {
        self.cookies.iter().find(|(name, _)| name == "grafana_session").map(|(_, value)| value.clone())
    }

    pub async fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn log_in(&mut self, user: &str, password: &str) -> Answer {
        self.call("POST", "/login", Some(serde_json::json!({ "user": user, "password": password }))).await
    }
}

/// `user:password` as a header's value.
pub fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// Serves `router` on a free port until the test ends; returns the base address.
pub async fn upstream(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// An address where nothing listens.
pub async fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
