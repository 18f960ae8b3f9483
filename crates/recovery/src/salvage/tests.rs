use super::*;

const KEY: [u8; 32] = [0x5a; 32];
const ROWS: u64 = 120;

fn statement(seq: u64) -> Vec<u8> {
    let byte = u8::try_from(seq).unwrap();
    vec![byte; 400]
}

fn id(seq: u64) -> StatementId {
    StatementId::from_bytes([u8::try_from(seq).unwrap(); 32])
}

/// A file with the schema of the product and rows that are told apart by their bytes.
fn file(folder: &Path) -> PathBuf {
    let path = folder.join("journal.db");
    let hex = data_encoding::HEXLOWER.encode(&KEY);
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"))
        .unwrap();
    conn.execute_batch(include_str!("../../../../migrations/device/20261123_journal.sql")).unwrap();
    for seq in 0..ROWS {
        conn.execute(
            "INSERT INTO own_statement (seq, id, kind, subject, issued_at_s, bytes, content)
             VALUES (?1, ?2, 'visit-registered', zeroblob(16), 1, ?3, ?3)",
            (seq, id(seq).as_bytes(), statement(seq)),
        )
        .unwrap();
        conn.execute("INSERT INTO own_id (id, seq) VALUES (?1, ?2)", (id(seq).as_bytes(), seq)).unwrap();
        conn.execute("INSERT INTO outbox (seq, state) VALUES (?1, 'saved')", [seq]).unwrap();
    }
    path
}

#[test]
fn a_whole_file_gives_all_and_another_key_gives_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path());
    let mut salvage = Salvage::open(&path, &KEY).unwrap();
    assert_eq!(salvage.ends_at(), ROWS);
    for seq in 0..ROWS {
        let expected =
            Row { seq, id: Some(id(seq)), statement: Some(statement(seq)), content: Some(statement(seq)) };
        assert_eq!(salvage.row(seq), expected);
    }
    assert_eq!(salvage.row(ROWS), Row { seq: ROWS, id: None, statement: None, content: None });
    assert_eq!(Salvage::open(&path, &[1; 32]).err(), Some(SalvageError::NotReadable));
}

/// Each page in turn is damaged: what comes out is what was put in, and only what lay on that page is missing.
#[test]
fn of_a_file_with_a_damaged_page_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let original = std::fs::read(file(folder.path())).unwrap();
    let path = folder.path().join("damaged.db");
    let (mut whole, mut partly, mut nothing, mut schema) = (0, 0, 0, 0);
    for page in 0..original.len() / 4096 {
        let mut bytes = original.clone();
        bytes[page * 4096 + 2_000..page * 4096 + 2_100].fill(0xff);
        std::fs::write(&path, &bytes).unwrap();
        let Ok(mut salvage) = Salvage::open(&path, &KEY) else {
            schema += 1;
            continue;
        };
        let mut read_count = 0;
        for seq in 0..ROWS {
            let row = salvage.row(seq);
            assert!(row.statement.as_ref().is_none_or(|bytes| *bytes == statement(seq)), "never another row");
            assert!(row.content.as_ref().is_none_or(|bytes| *bytes == statement(seq)));
            if row.statement.is_some() && row.content.is_some() {
                read_count += 1;
            } else {
                assert_eq!(row.id, Some(id(seq)), "its id is known all the same");
            }
        }
        match read_count {
            ROWS => whole += 1,
            0 => nothing += 1,
            _ => partly += 1,
        }
        assert_eq!(salvage.ends_at(), ROWS, "that something is missing is seen at page {page}");
    }
    assert!(partly >= 20, "a page of rows takes only its own: {partly} of {whole} + {partly} + {nothing}");
    // The roots of the two trees, and the pages that say which tables there are: they lie among the first ones.
    assert!(nothing <= 2, "{nothing}");
    assert!((1..=16).contains(&schema), "{schema}");
}

#[test]
fn a_view_in_place_of_the_journal_is_not_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let hex = data_encoding::HEXLOWER.encode(&KEY);
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(&format!(
        "PRAGMA key = \"x'{hex}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;
         CREATE VIEW own_statement AS WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n)
         SELECT seq, x'00' AS bytes, x'00' AS content FROM n;"
    ))
    .unwrap();
    drop(conn);
    assert_eq!(Salvage::open(&path, &KEY).err(), Some(SalvageError::NoJournal));
}
