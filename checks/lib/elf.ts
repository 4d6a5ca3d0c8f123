/**
 * The smallest program there is: it ends with exit code 0. Made by hand, so that a container can be started without
 * pulling an image and without shipping a binary for every architecture. Layout: ELF-64 object file format, version 1.5
 * (https://uclibc.org/docs/elf-64-gen.pdf).
 */

/** Architectures by Node's names (`process.arch`). */
export type ProbeArch = 'x64' | 'arm64';

interface Target {
  /** `e_machine`. */
  readonly machine: number;
  readonly code: readonly number[];
}

/** Linux numbers its system calls differently on each architecture: exit is 60 on x86-64 and 93 on arm64. */
const TARGETS: Readonly<Record<ProbeArch, Target>> = {
  x64: {
    machine: 62, // EM_X86_64
    // oxfmt-ignore
    code: [
      0xb8, 0x3c, 0x00, 0x00, 0x00, // mov eax, 60     the number of exit
      0x31, 0xff, //                   xor edi, edi    its argument: 0
      0x0f, 0x05, //                   syscall
    ],
  },
  arm64: {
    machine: 183, // EM_AARCH64
    // oxfmt-ignore
    code: [
      0x00, 0x00, 0x80, 0xd2, // mov x0, #0    the argument of exit
      0xa8, 0x0b, 0x80, 0xd2, // mov x8, #93   its number
      0x01, 0x00, 0x00, 0xd4, // svc #0
    ],
  },
};

const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const CODE_OFFSET = HEADER_BYTES + PROGRAM_HEADER_BYTES;
const LOAD_ADDRESS = 0x40_0000;
/** Memory pages of arm64 kernels are up to 64 KiB; the load address must be aligned to them. */
const ALIGNMENT = 0x1_0000;

/** Says whether a probe program exists for this architecture. */
export const isProbeArch = (arch: string): arch is ProbeArch => Object.hasOwn(TARGETS, arch);

/** A static executable of less than 150 bytes for Linux. */
export function exitZeroExecutable(arch: ProbeArch): Uint8Array {
  const { machine, code } = TARGETS[arch];
  const file = new Uint8Array(CODE_OFFSET + code.length);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // magic; 64-bit, little-endian, version 1
  const view = new DataView(file.buffer);
  const u16 = (offset: number, value: number): void => view.setUint16(offset, value, true);
  const u32 = (offset: number, value: number): void => view.setUint32(offset, value, true);
  const u64 = (offset: number, value: number): void => view.setBigUint64(offset, BigInt(value), true);

  u16(16, 2); // e_type: ET_EXEC
  u16(18, machine);
  u32(20, 1); // e_version
  u64(24, LOAD_ADDRESS + CODE_OFFSET); // e_entry
  u64(32, HEADER_BYTES); // e_phoff: the program header follows
  u16(52, HEADER_BYTES); // e_ehsize
  u16(54, PROGRAM_HEADER_BYTES); // e_phentsize
  u16(56, 1); // e_phnum

  u32(64, 1); // p_type: PT_LOAD
  u32(68, 5); // p_flags: readable and executable, never writable
  u64(80, LOAD_ADDRESS); // p_vaddr; p_offset before it stays 0: the whole file is loaded
  u64(88, LOAD_ADDRESS); // p_paddr
  u64(96, file.length); // p_filesz
  u64(104, file.length); // p_memsz
  u64(112, ALIGNMENT);

  file.set(code, CODE_OFFSET);
  return file;
}
