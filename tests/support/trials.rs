//! Lists of tests: each test and each module is named once, and called what its place says.

use libtest_mimic::Trial;
use spurious::descent::backend::gpu::device::{self, AdapterReport};
use std::sync::LazyLock;

/// `fn trials()` of a module: its tests, named by their path, in any of these shapes.
///
/// - `a_test`, a function that panics to fail;
/// - `a_name = || a_test(7)`, a test of another name, or made of one with arguments;
/// - `gpu(a_test, …)`, tests that need an adapter;
/// - `gpu_f64(a_test, …)`, tests that need one whose kernels compute in f64;
/// - `with(kind, a_test, …)`, tests of a kind of their own: `kind(name, test)` is the trial;
/// - `on(unix, a_test, …)`, tests for some systems;
/// - `more(list)`, trials that a loop makes;
/// - `modules(below, …)`, the trials of modules below this one.
///
/// A test that no list names is dead code, which the compiler reports; so is a module without its place in a list.
macro_rules! trials {
    ($($item:tt)*) => {
        /// The tests of this module and of those below it.
        #[allow(clippy::vec_init_then_push)]
        pub(crate) fn trials() -> Vec<libtest_mimic::Trial> {
            let mut all = Vec::new();
            $crate::support::trials::each!(all; $($item)*);
            all
        }
    };
}

/// Adds what [`trials!`] lists, one item after another.
macro_rules! each {
    ($all:ident;) => {};
    ($all:ident; modules($($module:ident),*) $(, $($rest:tt)*)?) => {
        $($all.extend($module::trials());)*
        $crate::support::trials::each!($all; $($($rest)*)?);
    };
    ($all:ident; more($list:expr) $(, $($rest:tt)*)?) => {
        $all.extend($list);
        $crate::support::trials::each!($all; $($($rest)*)?);
    };
    ($all:ident; on($system:meta, $($test:tt)*) $(, $($rest:tt)*)?) => {
        if cfg!($system) {
            $crate::support::trials::each!($all; $($test)*);
        }
        $crate::support::trials::each!($all; $($($rest)*)?);
    };
    ($all:ident; gpu($($test:tt)*) $(, $($rest:tt)*)?) => {
        $crate::support::trials::named!($all, $crate::support::trials::gpu; $($test)*);
        $crate::support::trials::each!($all; $($($rest)*)?);
    };
    ($all:ident; gpu_f64($($test:tt)*) $(, $($rest:tt)*)?) => {
        $crate::support::trials::named!($all, $crate::support::trials::gpu_f64; $($test)*);
        $crate::support::trials::each!($all; $($($rest)*)?);
    };
    ($all:ident; with($kind:path, $($test:tt)*) $(, $($rest:tt)*)?) => {
        $crate::support::trials::named!($all, $kind; $($test)*);
        $crate::support::trials::each!($all; $($($rest)*)?);
    };
    ($all:ident; $name:ident = $test:expr $(, $($rest:tt)*)?) => {
        $crate::support::trials::named!($all, $crate::support::trials::plain; $name = $test);
        $crate::support::trials::each!($all; $($($rest)*)?);
    };
    ($all:ident; $test:ident $(, $($rest:tt)*)?) => {
        $crate::support::trials::named!($all, $crate::support::trials::plain; $test);
        $crate::support::trials::each!($all; $($($rest)*)?);
    };
}

/// Adds tests of one kind.
macro_rules! named {
    ($all:ident, $kind:path;) => {};
    ($all:ident, $kind:path; $name:ident = $test:expr $(, $($rest:tt)*)?) => {
        $all.push($kind($crate::support::trials::name(module_path!(), stringify!($name)), $test));
        $crate::support::trials::named!($all, $kind; $($($rest)*)?);
    };
    ($all:ident, $kind:path; $test:ident $(, $($rest:tt)*)?) => {
        $crate::support::trials::named!($all, $kind; $test = $test $(, $($rest)*)?);
    };
}

pub(crate) use {each, named};

/// Name of a test: its path below this binary.
pub(crate) fn name(module: &str, test: &str) -> String {
    let module = module.split_once("::").map_or("", |(_, module)| module);
    format!("{module}::{test}")
}

/// A test that panics to fail.
pub(crate) fn plain(name: String, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

/// A test that needs what not every machine has: where it is missing the test is listed as ignored, by name, unless the
/// variable `required` is 1, so that it runs and fails.
pub(crate) fn needing(
    (what, found): (&str, bool),
    required: &str,
    name: String,
    test: impl FnOnce() + Send + 'static,
) -> Trial {
    let required = std::env::var_os(required).is_some_and(|v| v == "1");
    let missing = !found && !required;
    let kind = if missing { format!("needs {what}") } else { String::new() };
    plain(name, test).with_ignored_flag(missing).with_kind(kind)
}

/// The adapters of the system, asked for once.
static ADAPTERS: LazyLock<Vec<AdapterReport>> = LazyLock::new(device::list);

/// A test that needs an adapter: ignored by name without one, unless `REQUIRE_GPU=1`.
pub(crate) fn gpu(name: String, test: impl FnOnce() + Send + 'static) -> Trial {
    needing(("an adapter", !ADAPTERS.is_empty()), "REQUIRE_GPU", name, test)
}

/// A test that needs an adapter whose kernels compute in f64, which Metal and some devices do not have: ignored by name
/// without one, unless `REQUIRE_F64=1`.
pub(crate) fn gpu_f64(name: String, test: impl FnOnce() + Send + 'static) -> Trial {
    if ADAPTERS.is_empty() {
        return gpu(name, test);
    }
    // As the backend chooses: of those that are named, the first that can.
    let wanted = std::env::var("SPURIOUS_TEST_ADAPTER").unwrap_or_default().to_lowercase();
    let found = ADAPTERS.iter().any(|adapter| adapter.f64 && adapter.name.to_lowercase().contains(&wanted));
    needing(("an adapter with f64", found), "REQUIRE_F64", name, test)
}
