//! Kernel texts that are no model's, and the host's side of all: the layout of shared structs, and codes. What every
//! model's texts are held to is in `tests/conformance/text.rs`.

use crate::conformance::text::{assert_bindings, assert_layout, validate};
use spurious::descent::backend::gpu::layout::{Control, Dispatch};
use spurious::descent::backend::gpu::shader::schedule;
use spurious::landscape::{Outcome, Status, Stop};
use std::mem::offset_of;
use wgpu::naga::valid::Capabilities;
use wgpu::naga::{AddressSpace, StorageAccess, front::wgsl};

trials![
    the_schedule_validates,
    control_and_dispatch_have_the_host_layout,
    the_schedule_has_the_bindings_of_the_host,
    codes_tell_all_stops_apart,
];

fn the_schedule_validates() {
    let module = wgsl::parse_str(&schedule()).unwrap();
    validate(&module, Capabilities::empty()).unwrap();
    assert_eq!(module.entry_points.len(), 1);
    assert_eq!(module.entry_points[0].name, "schedule");
    assert_eq!(module.entry_points[0].workgroup_size, [1, 1, 1]);
}

macro_rules! offsets {
    ($t:ident: $($field:ident),+) => {{
        let fields = [$((stringify!($field), offset_of!($t, $field))),+];
        assert_eq!(fields.map(|(name, _)| name), $t::FIELDS);
        // No field is missing above: these are all words, and together they fill the struct.
        assert_eq!(4 * fields.len(), size_of::<$t>());
        fields
    }};
}

fn control_and_dispatch_have_the_host_layout() {
    let control = offsets!(Control:
        queued, survivors, taken, budget, segment, shortest, longest, capacity, runs_per_workgroup, cut, apart
    );
    let dispatch = offsets!(Dispatch: x, y, z, padding);
    let module = wgsl::parse_str(&schedule()).unwrap();
    assert_layout(&module, "Control", &control, size_of::<Control>());
    assert_layout(&module, "Dispatch", &dispatch, size_of::<Dispatch>());
}

fn the_schedule_has_the_bindings_of_the_host() {
    let write = AddressSpace::Storage { access: StorageAccess::LOAD | StorageAccess::STORE };
    let module = wgsl::parse_str(&schedule()).unwrap();
    assert_bindings("schedule", &module, &[("control", write), ("next", write)]);
}

fn codes_tell_all_stops_apart() {
    // And all of them from a run that is still running.
    let mut codes = vec![0];
    for status in Status::ALL {
        for proven in [None].into_iter().chain(Outcome::ALL.map(Some)) {
            let code = Stop::code(status, proven);
            assert_eq!(Stop::from_code(code, 7), Stop { status, steps: 7, found: proven });
            codes.push(code);
        }
    }
    codes.sort_unstable();
    assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
}
