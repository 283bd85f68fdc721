/** The version of this package: bundles have no manifest beside them. A test holds it against the manifest. */
export const VERSION = '0.1.0';
