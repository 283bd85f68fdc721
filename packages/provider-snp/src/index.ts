/** AMD SEV-SNP. */
export {};
