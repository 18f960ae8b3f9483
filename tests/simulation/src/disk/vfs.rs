//! The shim between SQLite and its own VFS: registered as the default one, so that the product's code opens its files
//! through it without knowing. It passes everything on, shared memory and locks too, and asks the [`Disk`] first.
//!
//! # Source
//! sqlite.org/vfs.html and sqlite.org/c3ref/io_methods.html.

#![expect(unsafe_code, reason = "SQLite takes a VFS as C structures only; each block says why it is sound")]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::ptr;
use std::sync::{Arc, OnceLock};

use rusqlite::ffi;

use super::{Change, Disk};

/// What SQLite allocates for an open file: this, and behind it the file of the VFS below.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    /// Whose disk it is on; null for what is on none.
    place: *mut Place,
}

struct Place {
    disk: Arc<Disk>,
    path: PathBuf,
}

/// Where the file of the VFS below begins.
const BELOW: usize = size_of::<File>().next_multiple_of(16);

struct Below(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite's VFS objects live as long as the process, are never changed after registration, and their methods
// may be called from any thread.
unsafe impl Send for Below {}
// SAFETY: as above.
unsafe impl Sync for Below {}

static REAL: OnceLock<Below> = OnceLock::new();

fn real_vfs() -> *mut ffi::sqlite3_vfs {
    REAL.get().map_or(ptr::null_mut(), |below| below.0)
}

/// Registers the shim over the default VFS, once.
pub(super) fn install() {
    REAL.get_or_init(|| {
        // SAFETY: both calls initialise SQLite first; a null name asks for the default VFS, which is never freed. The
        // copy is leaked, so it lives as long as SQLite uses it. Methods that are not replaced ignore the object that
        // they get, or read only `mxPathname` and `pAppData`, which are copied.
        unsafe {
            let real = ffi::sqlite3_vfs_find(ptr::null());
            assert!(!real.is_null(), "SQLite has a VFS of its own");
            let mut shim = Box::new(*real);
            shim.pNext = ptr::null_mut();
            shim.zName = c"esep-simulation".as_ptr();
            shim.szOsFile += BELOW as c_int;
            shim.xOpen = Some(open);
            shim.xDelete = Some(delete);
            let registered = ffi::sqlite3_vfs_register(Box::into_raw(shim), 1);
            assert_eq!(registered, ffi::SQLITE_OK, "the shim is registered");
            Below(real)
        }
    });
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    // Version 2: with shared memory, without memory-mapped reading.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// # Safety
/// `file` was allocated by SQLite for this VFS.
unsafe fn below(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: SQLite allocated `szOsFile` bytes, which is `BELOW` more than the VFS below needs.
    unsafe { file.cast::<u8>().add(BELOW).cast() }
}

/// # Safety
/// As [`below`], and `file` is open.
unsafe fn place<'a>(file: *mut ffi::sqlite3_file) -> Option<&'a Place> {
    // SAFETY: `open` set the pointer to a leaked box or null, and `close` is the last call.
    unsafe { (*file.cast::<File>()).place.as_ref() }
}

/// Calls a method of the file below; one that it lacks fails.
macro_rules! pass {
    ($method:ident, $file:expr $(, $argument:expr)*) => {{
        // SAFETY: the file is open, so the VFS below set its methods, and the arguments are SQLite's own.
        unsafe {
            let file = below($file);
            match (*(*file).pMethods).$method {
                Some(method) => method(file $(, $argument)*),
                None => ffi::SQLITE_IOERR,
            }
        }
    }};
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let path = (!name.is_null()).then(|| {
        // SAFETY: a name is a C string that lives until the file is closed.
        PathBuf::from(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()))
    });
    let place = path.and_then(|path| Disk::of(&path).map(|disk| Place { disk, path }));
    if place.as_ref().is_some_and(|place| place.disk.is_dead()) {
        // SAFETY: SQLite reads the methods of a file that could not be opened; null says that there is nothing to close.
        unsafe { (*file).pMethods = ptr::null() };
        return ffi::SQLITE_CANTOPEN;
    }
    let real = real_vfs();
    // SAFETY: the VFS below gets its own object, the part of the allocation that is its own, and SQLite's arguments.
    unsafe {
        let beneath = below(file);
        (*beneath).pMethods = ptr::null();
        let Some(open) = (*real).xOpen else { return ffi::SQLITE_CANTOPEN };
        let opened = open(real, name, beneath, flags, out_flags);
        if (*beneath).pMethods.is_null() {
            (*file).pMethods = ptr::null();
            return opened;
        }
        let shim = file.cast::<File>();
        (*shim).place = place.map_or(ptr::null_mut(), |place| Box::into_raw(Box::new(place)));
        (*file).pMethods = &raw const METHODS;
        opened
    }
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: a name is a C string.
    let path = PathBuf::from(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()));
    if let Some(disk) = Disk::of(&path) {
        if !disk.step() {
            return ffi::SQLITE_IOERR_DELETE;
        }
        disk.deleted(&path);
    }
    let real = real_vfs();
    // SAFETY: the VFS below gets its own object and SQLite's arguments.
    unsafe {
        match (*real).xDelete {
            Some(delete) => delete(real, name, sync_folder),
            None => ffi::SQLITE_IOERR_DELETE,
        }
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let closed = pass!(xClose, file);
    // SAFETY: the last call for this file; the box was leaked by `open`.
    unsafe {
        let shim = file.cast::<File>();
        if !(*shim).place.is_null() {
            drop(Box::from_raw((*shim).place));
            (*shim).place = ptr::null_mut();
        }
    }
    closed
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    pass!(xRead, file, into, amount, offset)
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: the file is open.
    if let Some(place) = unsafe { place(file) } {
        if !place.disk.step() {
            return ffi::SQLITE_IOERR_WRITE;
        }
        let Some(before_len) = size_of_file(file) else { return ffi::SQLITE_IOERR_FSTAT };
        let (length, begin) = (amount.unsigned_abs() as usize, offset.unsigned_abs());
        if place.disk.is_full() && begin + length as u64 > before_len {
            return ffi::SQLITE_FULL;
        }
        // SAFETY: SQLite hands in `amount` readable bytes.
        let after = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), length) }.to_vec();
        let Some(before) = bytes_of_file(file, begin, length, before_len) else {
            return ffi::SQLITE_IOERR_READ;
        };
        place.disk.changed(Change {
            file: place.path.clone(),
            offset: begin,
            before,
            before_len,
            after: Some(after),
        });
    }
    pass!(xWrite, file, from, amount, offset)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: the file is open.
    if let Some(place) = unsafe { place(file) } {
        if !place.disk.step() {
            return ffi::SQLITE_IOERR_TRUNCATE;
        }
        let Some(before_len) = size_of_file(file) else { return ffi::SQLITE_IOERR_FSTAT };
        let offset = size.unsigned_abs();
        let length = before_len.saturating_sub(offset) as usize;
        let Some(before) = bytes_of_file(file, offset, length, before_len) else {
            return ffi::SQLITE_IOERR_READ;
        };
        place.disk.changed(Change { file: place.path.clone(), offset, before, before_len, after: None });
    }
    pass!(xTruncate, file, size)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: the file is open.
    let Some(place) = (unsafe { place(file) }) else { return pass!(xSync, file, flags) };
    // What a sync means is decided by the disk here; the real one would only cost time.
    if !place.disk.step() {
        return ffi::SQLITE_IOERR_FSYNC;
    }
    place.disk.synced(&place.path);
    ffi::SQLITE_OK
}

fn size_of_file(file: *mut ffi::sqlite3_file) -> Option<u64> {
    let mut size = 0;
    let answer = pass!(xFileSize, file, &raw mut size);
    (answer == ffi::SQLITE_OK).then_some(size.unsigned_abs())
}

/// What stands at a place of the file, as far as the file reaches.
fn bytes_of_file(file: *mut ffi::sqlite3_file, offset: u64, length: usize, size: u64) -> Option<Vec<u8>> {
    let there = (size.saturating_sub(offset) as usize).min(length);
    let mut bytes = vec![0; there];
    if there > 0 {
        let amount = c_int::try_from(there).ok()?;
        let read = pass!(xRead, file, bytes.as_mut_ptr().cast(), amount, offset as ffi::sqlite3_int64);
        if read != ffi::SQLITE_OK {
            return None;
        }
    }
    Some(bytes)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut ffi::sqlite3_int64) -> c_int {
    pass!(xFileSize, file, size)
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass!(xLock, file, level)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    pass!(xUnlock, file, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, is_held: *mut c_int) -> c_int {
    pass!(xCheckReservedLock, file, is_held)
}

unsafe extern "C" fn file_control(file: *mut ffi::sqlite3_file, what: c_int, argument: *mut c_void) -> c_int {
    pass!(xFileControl, file, what, argument)
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    pass!(xSectorSize, file)
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    pass!(xDeviceCharacteristics, file)
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    page: c_int,
    page_size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    pass!(xShmMap, file, page, page_size, extend, out)
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    pass!(xShmLock, file, offset, count, flags)
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: as in `pass!`; this one answers nothing.
    unsafe {
        let file = below(file);
        if let Some(barrier) = (*(*file).pMethods).xShmBarrier {
            barrier(file);
        }
    }
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, delete: c_int) -> c_int {
    pass!(xShmUnmap, file, delete)
}
