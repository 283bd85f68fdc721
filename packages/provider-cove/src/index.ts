/** RISC-V CoVE. */
export {};
