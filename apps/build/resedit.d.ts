// The part of resedit that is used here. Its own types ask for the browser's library, which would
// then hold for every file that is checked together with them.

/** Icon and version information. */
interface ResourceEntry {
  type: string | number;
  id: string | number;
  lang: string | number;
  codepage: number;
  bin: ArrayBuffer;
}

interface Language {
  lang: number;
  codepage: number;
}

export class NtExecutable {
  static from(bin: ArrayBuffer | ArrayBufferView, options?: { ignoreCert?: boolean }): NtExecutable;
  generate(): ArrayBuffer;
}

export class NtExecutableResource {
  static from(executable: NtExecutable): NtExecutableResource;
  entries: ResourceEntry[];
  outputResource(executable: NtExecutable): void;
}

export namespace Data {
  class IconFile {
    static from(bin: ArrayBuffer | ArrayBufferView): IconFile;
    icons: { data: unknown }[];
  }
}

export namespace Resource {
  class IconGroupEntry {
    static fromEntries(entries: readonly ResourceEntry[]): IconGroupEntry[];
    static replaceIconsForResource(
      entries: ResourceEntry[],
      group: string | number,
      lang: number,
      icons: unknown[],
    ): void;
    icons: unknown[];
  }
  class VersionInfo {
    static createEmpty(): VersionInfo;
    static fromEntries(entries: readonly ResourceEntry[]): VersionInfo[];
    setFileVersion(
      major: number,
      minor: number,
      micro: number,
      revision: number,
      lang: number,
    ): void;
    setProductVersion(
      major: number,
      minor: number,
      micro: number,
      revision: number,
      lang: number,
    ): void;
    setStringValues(language: Language, values: Record<string, string>): void;
    getStringValues(language: Language): Record<string, string>;
    outputToResourceEntries(entries: ResourceEntry[]): void;
  }
}
