//! build/subjects/hyper: hyper on tokio, as a subject to compare with.
//!
//! Per core one tokio runtime with an SO_REUSEPORT listener of its own. `--runtime current_thread`
//! gives each runtime the one thread; `multi_thread` two workers between which tasks are stolen,
//! both on that core.

mod options;

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use hyper::header::{HeaderValue, CONTENT_TYPE, SERVER};
use hyper::server::conn::Http;
use hyper::service::service_fn;
use hyper::{Body, Request, Response, StatusCode};
use serde::Serialize;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};

use options::{Mode, Options};

const BACKLOG: u32 = 16_384;
const WORKERS_PER_CORE: usize = 2;

#[derive(Serialize)]
struct Greeting {
    message: &'static str,
}

fn answer(content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(SERVER, HeaderValue::from_static("hyper"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response // hyper adds Date and Content-Length
}

async fn respond(request: Request<Body>) -> Result<Response<Body>, Infallible> {
    Ok(match request.uri().path() {
        "/plaintext" => answer("text/plain", Body::from("Hello, World!")),
        // Made and written for each request, as the other subjects do.
        "/json" => match serde_json::to_vec(&Greeting { message: "Hello, World!" }) {
            Ok(text) => answer("application/json", Body::from(text)),
            Err(_) => with_status(StatusCode::INTERNAL_SERVER_ERROR),
        },
        _ => with_status(StatusCode::NOT_FOUND),
    })
}

fn with_status(status: StatusCode) -> Response<Body> {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    let mut http = Http::new();
    http.http1_only(true).pipeline_flush(true); // the answers to one batch leave together
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(_) => continue, // one that has left already, or no descriptor is free now
        };
        let _ = stream.set_nodelay(true); // it fails for one that has left
        let connection = http.serve_connection(stream, service_fn(respond));
        tokio::spawn(async move {
            let _ = connection.await; // the client went away: nothing to tell anybody
        });
    }
}

/// Only within a runtime: the socket is registered with it.
fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    socket.listen(BACKLOG)
}

fn make_runtime(mode: Mode) -> io::Result<Runtime> {
    match mode {
        Mode::CurrentThread => Builder::new_current_thread().enable_all().build(),
        Mode::MultiThread => {
            Builder::new_multi_thread().worker_threads(WORKERS_PER_CORE).enable_all().build()
        }
    }
}

/// The calling thread, and those that it starts from now on.
fn pin_to(core: usize) -> io::Result<()> {
    // SAFETY: a cpu_set_t is plain bits, and sched_setaffinity only reads it.
    let result = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        libc::sched_setaffinity(0, std::mem::size_of::<libc::cpu_set_t>(), &set)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn raise_file_limit() {
    // SAFETY: both calls are given a valid rlimit. A limit that stays as it is shows soon enough.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit);
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_NOFILE, &limit);
    }
}

/// One core's part of the server. Returns when it fails.
fn serve_on(core: usize, mode: Mode, port: u16) -> io::Result<()> {
    pin_to(core)?;
    let runtime = make_runtime(mode)?;
    runtime.block_on(async { serve(listen(port)?).await })
}

fn run(options: Options) -> io::Result<()> {
    raise_file_limit();
    let threads: Vec<_> = options
        .cores
        .iter()
        .map(|&core| std::thread::spawn(move || serve_on(core, options.mode, options.port)))
        .collect();
    for thread in threads {
        thread.join().expect("a panic aborts")?;
    }
    Ok(())
}

fn main() {
    let result = Options::from_arguments(std::env::args().skip(1)).and_then(|options| {
        run(options).map_err(|problem| problem.to_string())
    });
    if let Err(problem) = result {
        eprintln!("hyper: {problem}");
        std::process::exit(2);
    }
}
