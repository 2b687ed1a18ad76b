//! Adapters: what there is, which one `auto` takes, and what is missing when there is none.

use super::shader::Subgroup;
use crate::descent::backend::BackendError;
use crate::numerics::Precision;
use std::path::Path;

/// One adapter that the system offers.
#[derive(Clone, Debug)]
pub struct AdapterReport {
    /// Name of the hardware.
    pub name: String,
    /// Driver with its version.
    pub driver: String,
    /// Programming interface: `vulkan`, `metal` or `dx12`.
    pub interface: String,
    /// Kind of device: `discrete`, `integrated`, `virtual`, `software` or `other`.
    pub kind: &'static str,
    /// Whether kernels can compute in f64.
    pub f64: bool,
    /// Whether lanes of a subgroup can exchange values.
    pub subgroups: bool,
    /// Whether the device can time its own work.
    pub timestamps: bool,
    /// Smallest and largest subgroup.
    pub subgroup_size: (u32, u32),
    /// Largest buffer that a kernel can bind, bytes.
    pub max_binding: u64,
    /// Workgroup memory, bytes.
    pub workgroup_memory: u32,
    /// Largest workgroup, invocations.
    pub workgroup_size: u32,
}

impl AdapterReport {
    /// Whether this is hardware rather than a program that imitates it.
    pub fn is_hardware(&self) -> bool {
        self.kind != "software"
    }

    /// Its subgroups, where their lanes can exchange values.
    pub fn subgroup(&self) -> Option<Subgroup> {
        let (smallest, largest) = self.subgroup_size;
        self.subgroups.then_some(Subgroup { smallest, largest })
    }
}

fn report(adapter: &wgpu::Adapter) -> AdapterReport {
    let info = adapter.get_info();
    let features = adapter.features();
    let limits = adapter.limits();
    AdapterReport {
        name: info.name,
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_string(),
        interface: info.backend.to_string(),
        kind: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => "discrete",
            wgpu::DeviceType::IntegratedGpu => "integrated",
            wgpu::DeviceType::VirtualGpu => "virtual",
            wgpu::DeviceType::Cpu => "software",
            wgpu::DeviceType::Other => "other",
        },
        f64: features.contains(wgpu::Features::SHADER_F64),
        subgroups: features.contains(wgpu::Features::SUBGROUP),
        timestamps: features.contains(wgpu::Features::TIMESTAMP_QUERY),
        subgroup_size: (info.subgroup_min_size, info.subgroup_max_size),
        max_binding: limits.max_storage_buffer_binding_size,
        workgroup_memory: limits.max_compute_workgroup_storage_size,
        workgroup_size: limits.max_compute_invocations_per_workgroup,
    }
}

fn adapters() -> Vec<wgpu::Adapter> {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(descriptor);
    pollster::block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY))
}

/// Every adapter of the system, best first for `auto`: discrete, integrated, virtual, other, software.
pub fn list() -> Vec<AdapterReport> {
    sorted().into_iter().map(|(_, report)| report).collect()
}

fn sorted() -> Vec<(wgpu::Adapter, AdapterReport)> {
    let mut all: Vec<_> = adapters().into_iter().map(|a| (report(&a), a)).map(|(r, a)| (a, r)).collect();
    all.sort_by_key(|(_, r)| {
        ["discrete", "integrated", "virtual", "other", "software"].iter().position(|k| *k == r.kind)
    });
    all
}

/// What keeps the system from having a usable adapter, one line each, for people.
pub fn what_is_missing() -> Vec<String> {
    let mut missing = Vec::new();
    if cfg!(target_os = "linux") {
        let folders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];
        let loader = [
            "/usr/lib/x86_64-linux-gnu/libvulkan.so.1",
            "/usr/lib/aarch64-linux-gnu/libvulkan.so.1",
            "/usr/lib64/libvulkan.so.1",
            "/usr/lib/libvulkan.so.1",
        ];
        if !loader.iter().any(|path| Path::new(path).exists()) {
            missing.push("the Vulkan loader, libvulkan.so.1 (Debian: apt-get install libvulkan1)".into());
        }
        let named = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"]
            .into_iter()
            .find_map(|variable| Some((variable, std::env::var(variable).ok()?)));
        let drivers = folders.iter().any(|f| std::fs::read_dir(f).is_ok_and(|mut d| d.next().is_some()));
        if let Some((variable, files)) = named {
            for file in files.split(':').filter(|file| !Path::new(file).exists()) {
                missing.push(format!("the driver file {file}, which {variable} names"));
            }
        } else if !drivers {
            missing.push(
                "a Vulkan driver file in /usr/share/vulkan/icd.d or named by VK_DRIVER_FILES (NVIDIA: nvidia_icd.json \
                 of the driver package; in a container the \"graphics\" driver capability; without a GPU: apt-get \
                 install mesa-vulkan-drivers)"
                    .into(),
            );
        }
    }
    missing
}

/// An opened device.
#[derive(Debug)]
pub struct Opened {
    /// The device.
    pub device: wgpu::Device,
    /// Its queue.
    pub queue: wgpu::Queue,
    /// What it is.
    pub report: AdapterReport,
}

/// The name that stands for all adapters.
pub const ALL: &str = "all";

/// Which adapter to open.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Part of the adapter's name, any case; empty for the best, [`ALL`] for all.
    pub name: String,
    /// Whether a software adapter will do without being named.
    pub software: bool,
}

impl Wanted {
    fn is_met_by(&self, report: &AdapterReport) -> bool {
        match self.name.as_str() {
            "" | ALL => self.software || report.is_hardware(),
            name => report.name.to_lowercase().contains(&name.to_lowercase()),
        }
    }
}

/// Whether an adapter can compute in a format.
fn able(report: &AdapterReport, precision: Precision) -> bool {
    precision == Precision::F32 || report.f64
}

/// Opens the first adapter that fits; with `timing`, its clock too where it has one.
///
/// # Errors
/// [`BackendError::NoAdapter`] says what there is and what to do; [`BackendError::Device`] if the adapter refuses.
pub fn open(wanted: &Wanted, precision: Precision, timing: bool) -> Result<Opened, BackendError> {
    let all = sorted();
    let fits = |r: &AdapterReport| wanted.is_met_by(r);
    // One that can compute in the format, else any, to say what it cannot.
    let position = all.iter().position(|(_, r)| fits(r) && able(r, precision));
    match position.or_else(|| all.iter().position(|(_, r)| fits(r))) {
        Some(i) => open_adapter(&all[i].0, &all[i].1, precision, timing),
        None => Err(none_fits(wanted, &all)),
    }
}

/// Opens every adapter that fits: all hardware, or where there is none all software if that will do. One device may be
/// offered by several interfaces; only that of the best adapter counts.
///
/// # Errors
/// As [`open`].
pub fn open_all(wanted: &Wanted, precision: Precision, timing: bool) -> Result<Vec<Opened>, BackendError> {
    let all = sorted();
    let fits = |r: &AdapterReport| wanted.is_met_by(r);
    let first = all.iter().find(|(_, r)| fits(r) && able(r, precision)).or_else(|| all.iter().find(|(_, r)| fits(r)));
    let Some((_, best)) = first else { return Err(none_fits(wanted, &all)) };
    // If the best cannot compute in the format, none can: opening it says so.
    let like = |r: &AdapterReport| {
        fits(r)
            && r.interface == best.interface
            && r.is_hardware() == best.is_hardware()
            && able(r, precision) == able(best, precision)
    };
    let chosen = all.iter().filter(|(_, r)| like(r));
    chosen.map(|(adapter, report)| open_adapter(adapter, report, precision, timing)).collect()
}

fn none_fits(wanted: &Wanted, all: &[(wgpu::Adapter, AdapterReport)]) -> BackendError {
    let names: Vec<String> = all.iter().map(|(_, r)| r.name.clone()).collect();
    let mut text = if names.is_empty() {
        "no GPU adapter was found".to_string()
    } else if wanted.name.is_empty() {
        format!("no hardware GPU adapter was found, only {}", names.join(", "))
    } else {
        format!("no GPU adapter is called \"{}\"; there is {}", wanted.name, join_or_none(&names))
    };
    for line in what_is_missing() {
        text.push_str(&format!("; missing: {line}"));
    }
    text.push_str("; use --backend cpu, or see `spurious devices`");
    BackendError::NoAdapter(text)
}

fn open_adapter(
    adapter: &wgpu::Adapter,
    report: &AdapterReport,
    precision: Precision,
    timing: bool,
) -> Result<Opened, BackendError> {
    let report = report.clone();
    if !able(&report, precision) {
        return Err(BackendError::NoAdapter(format!(
            "the adapter {} cannot compute in f64; use --precision f32 or --backend cpu",
            report.name
        )));
    }
    let mut features = wgpu::Features::empty();
    if precision == Precision::F64 {
        features |= wgpu::Features::SHADER_F64;
    }
    if report.subgroups {
        features |= wgpu::Features::SUBGROUP;
    }
    if timing && report.timestamps {
        features |= wgpu::Features::TIMESTAMP_QUERY;
    }
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("spurious"),
        required_features: features,
        required_limits: adapter.limits(),
        ..Default::default()
    };
    let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
        .map_err(|e| BackendError::Device { adapter: report.name.clone(), message: e.to_string() })?;
    Ok(Opened { device, queue, report })
}

fn join_or_none(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
