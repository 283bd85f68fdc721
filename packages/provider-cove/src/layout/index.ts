/** Every wire structure of RISC-V CoVE as a table. */
export {};
