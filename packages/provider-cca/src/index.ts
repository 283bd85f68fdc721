/** Arm CCA. */
export {};
