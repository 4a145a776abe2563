/**
 * Icon and version information in a Windows executable: what Explorer and the task list show.
 * `deno compile` can set an icon but no version, so both are written here, after it. The program
 * itself lies in another resource of the same file, which is kept.
 *
 * https://learn.microsoft.com/windows/win32/menurc/versioninfo-resource
 *
 * @module
 */
// @ts-types="./resedit.d.ts"
import { Data, NtExecutable, NtExecutableResource, Resource } from "resedit";

/** What is written into an executable. */
export interface WindowsResources {
  /** Shown as the program's name. */
  description: string;
  /** The suite's name. */
  product: string;
  /** `1.2.3`; anything after a hyphen is shown but not counted. */
  version: string;
  /** The file name that it is delivered under. */
  fileName: string;
  /** The content of an .ico file. */
  icon: Uint8Array;
}

/** English (United States), Unicode. */
const LANGUAGE = { lang: 0x409, codepage: 1200 };

/** The executable with these resources in the place of its former icon and version. */
export function withResources(
  executable: Uint8Array,
  { description, product, version, fileName, icon }: WindowsResources,
): Uint8Array {
  // Deno's runtime is signed on some releases; what deno compile adds breaks a signature anyway.
  const file = NtExecutable.from(executable, { ignoreCert: true });
  const resources = NtExecutableResource.from(file);
  const { icons } = Data.IconFile.from(icon);
  Resource.IconGroupEntry.replaceIconsForResource(
    resources.entries,
    1,
    LANGUAGE.lang,
    icons.map(({ data }) => data),
  );
  const [major = 0, minor = 0, patch = 0] = version.split(/[.\-+]/).map((part) =>
    Number(part) || 0
  );
  const info = Resource.VersionInfo.createEmpty();
  info.setFileVersion(major, minor, patch, 0, LANGUAGE.lang);
  info.setProductVersion(major, minor, patch, 0, LANGUAGE.lang);
  info.setStringValues(LANGUAGE, {
    FileDescription: description,
    ProductName: product,
    FileVersion: version,
    ProductVersion: version,
    OriginalFilename: fileName,
  });
  info.outputToResourceEntries(resources.entries);
  resources.outputResource(file);
  return new Uint8Array(file.generate());
}
