"""What a Vulkan driver says of compute kernels that it compiles: `vulkan.py FILE.spv... > statistics.json`.

Nothing is run, so a driver that has no device behind it will do, such as RADV with RADV_FORCE_FAMILY. Needs libvulkan and
VK_KHR_pipeline_executable_properties. Prints an object: each file's statistics by their names in the driver.
"""

import ctypes
import json
import struct
import sys
from ctypes import POINTER, byref, c_char, c_char_p, c_double, c_float, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path

EXTENSION = b"VK_KHR_pipeline_executable_properties"
COMPUTE = 0x20
CAPTURE_STATISTICS = 0x40
STORAGE_BUFFER, UNIFORM_BUFFER = 7, 6
API_1_3 = (1 << 22) | (3 << 12)


def struct_of(name, *fields):
    """A structure of Vulkan that begins with its type and a link to another."""
    return type(name, (ctypes.Structure,), {"_fields_": [("type", c_int32), ("next", c_void_p), *fields]})


Application = struct_of("Application", ("name", c_char_p), ("version", c_uint32), ("engine", c_char_p), ("engine_version", c_uint32), ("api", c_uint32))
InstanceInfo = struct_of(
    "InstanceInfo", ("flags", c_uint32), ("application", POINTER(Application)), ("layers", c_uint32), ("layer_names", c_void_p), ("extensions", c_uint32), ("extension_names", c_void_p)
)
QueueInfo = struct_of("QueueInfo", ("flags", c_uint32), ("family", c_uint32), ("count", c_uint32), ("priorities", POINTER(c_float)))
# The features of Vulkan 1.0 are 55 words, of which 35 to 37 are for numbers of other sizes.
Features = struct_of("Features", ("words", c_uint32 * 55))
ExecutableFeatures = struct_of("ExecutableFeatures", ("info", c_uint32))
DeviceInfo = struct_of(
    "DeviceInfo", ("flags", c_uint32), ("queues", c_uint32), ("queue_infos", POINTER(QueueInfo)), ("layers", c_uint32), ("layer_names", c_void_p), ("extensions", c_uint32), ("extension_names", POINTER(c_char_p)), ("features", c_void_p)
)


class Binding(ctypes.Structure):
    _fields_ = [("binding", c_uint32), ("kind", c_int32), ("count", c_uint32), ("stages", c_uint32), ("samplers", c_void_p)]


SetLayoutInfo = struct_of("SetLayoutInfo", ("flags", c_uint32), ("count", c_uint32), ("bindings", POINTER(Binding)))
LayoutInfo = struct_of("LayoutInfo", ("flags", c_uint32), ("sets", c_uint32), ("set_layouts", POINTER(c_uint64)), ("ranges", c_uint32), ("push_ranges", c_void_p))
ModuleInfo = struct_of("ModuleInfo", ("flags", c_uint32), ("bytes", c_size_t), ("code", c_char_p))
Stage = struct_of("Stage", ("flags", c_uint32), ("stage", c_uint32), ("module", c_uint64), ("entry", c_char_p), ("specialization", c_void_p))
PipelineInfo = struct_of("PipelineInfo", ("flags", c_uint32), ("stage", Stage), ("layout", c_uint64), ("base", c_uint64), ("base_index", c_int32))
PipelineOf = struct_of("PipelineOf", ("pipeline", c_uint64))
ExecutableOf = struct_of("ExecutableOf", ("pipeline", c_uint64), ("index", c_uint32))
Statistic = struct_of("Statistic", ("name", c_char * 256), ("description", c_char * 256), ("format", c_int32), ("value", c_uint64))

# Values of VkStructureType.
TYPES = {
    Application: 0, InstanceInfo: 1, QueueInfo: 2, DeviceInfo: 3, ModuleInfo: 16, Stage: 18, PipelineInfo: 29, LayoutInfo: 30, SetLayoutInfo: 32, Features: 1000059000,
    ExecutableFeatures: 1000269000, PipelineOf: 1000269001, ExecutableOf: 1000269003, Statistic: 1000269004,
}  # fmt: skip


def new(kind, **fields):
    return kind(type=TYPES[kind], **fields)


class Driver:
    def __init__(self):
        self.vulkan = ctypes.CDLL("libvulkan.so.1")
        application = new(Application, api=API_1_3)
        instance, number, device = c_void_p(), c_uint32(1), c_void_p()
        self.call("vkCreateInstance", byref(new(InstanceInfo, application=ctypes.pointer(application))), None, byref(instance))
        self.vulkan.vkEnumeratePhysicalDevices(instance, byref(number), byref(device))
        if number.value == 0:
            raise RuntimeError("no device")
        has = new(Features)
        self.vulkan.vkGetPhysicalDeviceFeatures2(device, byref(has))
        executable = new(ExecutableFeatures, info=1)
        features = new(Features, next=ctypes.cast(byref(executable), c_void_p))
        features.words[35:38] = has.words[35:38]
        queue = new(QueueInfo, count=1, priorities=ctypes.pointer(c_float(1.0)))
        names = (c_char_p * 1)(EXTENSION)
        info = new(DeviceInfo, next=ctypes.cast(byref(features), c_void_p), queues=1, queue_infos=ctypes.pointer(queue), extensions=1, extension_names=names)
        self.device = c_void_p()
        self.call("vkCreateDevice", device, byref(info), None, byref(self.device))
        address = self.vulkan.vkGetDeviceProcAddr
        address.restype, address.argtypes = c_void_p, [c_void_p, c_char_p]
        prototype = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p, POINTER(c_uint32), c_void_p)
        self.statistics_of = prototype(address(self.device, b"vkGetPipelineExecutableStatisticsKHR"))

    def call(self, name, *arguments):
        result = getattr(self.vulkan, name)(*arguments)
        if result != 0:
            raise RuntimeError(f"{name}: {result}")

    def make(self, name, info):
        made = c_uint64()
        self.call(name, self.device, byref(info), None, byref(made))
        return made

    def statistics(self, code):
        """Statistics of the kernel of a SPIR-V module."""
        entry, bindings = reflection(code)
        bindings = (Binding * len(bindings))(*(Binding(n, kind, 1, COMPUTE) for n, kind in bindings))
        set_layout = self.make("vkCreateDescriptorSetLayout", new(SetLayoutInfo, count=len(bindings), bindings=bindings))
        layout = self.make("vkCreatePipelineLayout", new(LayoutInfo, sets=1, set_layouts=ctypes.pointer(set_layout)))
        module = self.make("vkCreateShaderModule", new(ModuleInfo, bytes=len(code), code=code))
        stage = new(Stage, stage=COMPUTE, module=module, entry=entry)
        info = new(PipelineInfo, flags=CAPTURE_STATISTICS, stage=stage, layout=layout, base_index=-1)
        pipeline = c_uint64()
        self.call("vkCreateComputePipelines", self.device, c_uint64(0), c_uint32(1), byref(info), None, byref(pipeline))
        executable, number = new(ExecutableOf, pipeline=pipeline), c_uint32()
        self.statistics_of(self.device, ctypes.cast(byref(executable), c_void_p), byref(number), None)
        found = (Statistic * number.value)(*(new(Statistic) for _ in range(number.value)))
        self.statistics_of(self.device, ctypes.cast(byref(executable), c_void_p), byref(number), ctypes.cast(found, c_void_p))
        # Format 3 is a number with a fraction.
        value = lambda s: struct.unpack("d", struct.pack("Q", s.value))[0] if s.format == 3 else s.value
        return {s.name.decode(): value(s) for s in found}


def reflection(code):
    """Name of the entry point, and number and kind of every buffer."""
    words = struct.unpack(f"<{len(code) // 4}I", code)
    entry, numbers, kinds, at = b"", {}, {}, 5
    while at < len(words):
        length, op = words[at] >> 16, words[at] & 0xFFFF
        if op == 15:
            entry = code[4 * (at + 3) :].split(b"\0")[0]
        elif op == 71 and words[at + 2] == 33:
            numbers[words[at + 1]] = words[at + 3]
        elif op == 59:
            kinds[words[at + 2]] = UNIFORM_BUFFER if words[at + 3] == 2 else STORAGE_BUFFER
        at += length
    return entry, [(number, kinds[variable]) for variable, number in numbers.items()]


def main():
    driver = Driver()
    print(json.dumps({Path(file).stem: driver.statistics(Path(file).read_bytes()) for file in sys.argv[1:]}, indent=1))


if __name__ == "__main__":
    main()
