//! A pull without the product: an HTTP server has the rows in a plain file, a client asks for page after page and stores
//! them. No log, no rights, no proofs, no lists, no checks.

use std::convert::Infallible;
use std::io::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::net::TcpListener;

use super::{Row, insert, open};

/// Statements in one page, as in the product.
const PAGE: u64 = wire::pull::MAX_ITEMS as u64;
/// How tightly a page is packed, as in the product.
const LEVEL: i32 = 3;

/// Stores all rows at one end and fetches them to the other, into files with that beginning of their names.
pub(super) async fn pull(rows: &[Row], beginning: &Path) -> Result<Duration, Error> {
    let mut source = open(&beginning.with_extension("source.db"), false);
    let transaction = source.transaction().map_err(Error::other)?;
    insert(&transaction, rows);
    transaction.commit().map_err(Error::other)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(serve(source, listener));
    let client = reqwest::Client::builder().no_proxy().build().map_err(Error::other)?;

    let mut conn = open(&beginning.with_extension("db"), true);
    let began = Instant::now();
    let transaction = conn.transaction().map_err(Error::other)?;
    let mut fetched = 0;
    loop {
        let asked =
            client.get(format!("http://{address}/?after={fetched}")).send().await.map_err(Error::other)?;
        let page = unpack(&asked.bytes().await.map_err(Error::other)?)?;
        if page.is_empty() {
            break;
        }
        insert(&transaction, &page);
        fetched += page.len() as u64;
    }
    transaction.commit().map_err(Error::other)?;
    let took = began.elapsed();
    serving.abort();
    assert_eq!(fetched, rows.len() as u64, "every row came");
    Ok(took)
}

async fn serve(source: Connection, listener: TcpListener) -> Result<(), Error> {
    let source = Arc::new(Mutex::new(source));
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let source = Arc::clone(&source);
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let source = Arc::clone(&source);
                async move { Ok::<_, Infallible>(answer(&source.lock(), &request)) }
            });
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await
        });
    }
}

/// What follows so many rows.
fn answer(source: &Connection, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let after = request.uri().query().and_then(|query| query.strip_prefix("after=")?.parse().ok());
    let packed = page(source, after.expect("the client says so")).expect("a page");
    Response::new(Full::new(packed.into()))
}

/// The size of a page, and the page packed: each blob behind its length.
fn page(source: &Connection, after: u64) -> Result<Vec<u8>, Error> {
    let mut select = source
        .prepare_cached("SELECT bytes, content FROM statement WHERE seq > ?1 ORDER BY seq LIMIT ?2")
        .map_err(Error::other)?;
    let mut plain = Vec::new();
    let mut rows = select.query((after, PAGE)).map_err(Error::other)?;
    while let Some(row) = rows.next().map_err(Error::other)? {
        for column in 0..2 {
            let bytes = row.get_ref(column).and_then(|value| Ok(value.as_blob()?)).map_err(Error::other)?;
            plain.extend(u32::try_from(bytes.len()).map_err(Error::other)?.to_be_bytes());
            plain.extend(bytes);
        }
    }
    let mut answer = u32::try_from(plain.len()).map_err(Error::other)?.to_be_bytes().to_vec();
    answer.extend(zstd::bulk::compress(&plain, LEVEL)?);
    Ok(answer)
}

fn unpack(answer: &[u8]) -> Result<Vec<Row>, Error> {
    let (length, packed) = answer.split_first_chunk().ok_or(Error::other("a length was expected"))?;
    let plain = zstd::bulk::decompress(packed, u32::from_be_bytes(*length) as usize)?;
    let mut left = plain.as_slice();
    let mut rows = Vec::new();
    while !left.is_empty() {
        let (bytes, content) = (blob(&mut left)?, blob(&mut left)?);
        rows.push(Row { bytes, content, signature: [0; 64] });
    }
    Ok(rows)
}

fn blob(left: &mut &[u8]) -> Result<Vec<u8>, Error> {
    let (length, rest) = left.split_first_chunk().ok_or(Error::other("a length was expected"))?;
    let bytes = rest.split_at_checked(u32::from_be_bytes(*length) as usize);
    let (bytes, rest) = bytes.ok_or(Error::other("bytes were expected"))?;
    *left = rest;
    Ok(bytes.to_vec())
}
