//! Stand-ins for the compilers of other systems: a type check reads headers at most and links nothing.

use crate::process::{Outcome, Step, on_path};
use std::fs;
use std::path::{Path, PathBuf};

/// Preprocesses for real, because build scripts ask a compiler what it is; otherwise it only leaves the file it
/// was asked for. Flags that belong to another system are taken out before the real one sees them.
const COMPILER: &str = r#"#!/bin/sh
output= preprocess= skip= wanted=
for word in "$@"; do
    [ "$wanted" ] && output=$word && wanted=
    [ "$word" = -o ] && wanted=1
    [ "$word" = -E ] && preprocess=1
    # Only a compiler in the style of Microsoft's knows this word.
    [ "$word" = '-?' ] && exit 1
done
if [ "$preprocess" ]; then
    for word in "$@"; do
        shift
        if [ "$skip" ]; then skip=; continue; fi
        case "$word" in
            -arch | -isysroot | -target) skip=1 ;;
            --target=* | -m*-version-min=* | -march=* | -fembed-bitcode* | --sysroot=*) ;;
            *) set -- "$@" "$word" ;;
        esac
    done
    exec gcc "$@"
fi
[ -z "$output" ] || : >"$output"
"#;

/// Answers where the SDK of iOS lies; nothing in it is ever read.
const XCRUN: &str = "#!/bin/sh\necho /\n";

/// Where the stand-ins lie.
pub(super) struct Stubs {
    compiler: PathBuf,
    programs: PathBuf,
    openssl: PathBuf,
}

/// Writes them below `folder`.
pub(super) fn write(folder: &Path) -> Outcome<Stubs> {
    let programs = folder.join("programs");
    on_path(&programs, fs::create_dir_all(&programs))?;
    let compiler = programs.join("esep-stub-cc");
    write_script(&compiler, COMPILER)?;
    write_script(&programs.join("xcrun"), XCRUN)?;
    let openssl = folder.join("openssl");
    let headers = openssl.join("include/openssl");
    on_path(&headers, fs::create_dir_all(&headers))?;
    on_path(&openssl, fs::create_dir_all(openssl.join("lib")))?;
    // Looked for by name, never linked.
    for name in ["libssl.a", "libcrypto.a"] {
        let library = openssl.join("lib").join(name);
        on_path(&library, fs::write(&library, ""))?;
    }
    // Debian keeps some of them apart, by processor.
    for source in ["/usr/include/openssl", "/usr/include/x86_64-linux-gnu/openssl"].map(Path::new) {
        if !source.is_dir() {
            continue;
        }
        for entry in on_path(source, fs::read_dir(source))? {
            let header = on_path(source, entry)?.path();
            on_path(&header, fs::copy(&header, headers.join(header.file_name().unwrap_or_default())))?;
        }
    }
    Ok(Stubs { compiler, programs, openssl })
}

impl Stubs {
    /// Lets a command find them instead of the target's own.
    pub(super) fn stand_in(&self, step: Step, triple: &str) -> Step {
        let name = triple.replace('-', "_");
        let mut paths = vec![self.programs.clone()];
        paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let mut step = step
            .env("OPENSSL_NO_VENDOR", "1")
            .env("OPENSSL_DIR", &self.openssl)
            .env("OPENSSL_STATIC", "1")
            .env("PATH", std::env::join_paths(paths).unwrap_or_default());
        // For Windows there is a real one.
        if !triple.contains("windows") {
            step = step
                .env(&format!("CC_{name}"), &self.compiler)
                .env(&format!("CXX_{name}"), &self.compiler)
                .env(&format!("AR_{name}"), "/bin/true");
        }
        step
    }
}

/// Writes a file that can be run.
pub(super) fn write_script(path: &Path, text: &str) -> Outcome {
    on_path(path, fs::write(path, text))?;
    make_runnable(path)
}

#[cfg(unix)]
fn make_runnable(path: &Path) -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    on_path(path, fs::set_permissions(path, fs::Permissions::from_mode(0o755)))
}

#[cfg(not(unix))]
fn make_runnable(_: &Path) -> Outcome {
    Err(crate::process::Failure::new("stand-ins are shell scripts", "check the platforms on Linux"))
}
