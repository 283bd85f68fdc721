/** Every wire structure of AMD SEV-SNP as a table. */
export {};
