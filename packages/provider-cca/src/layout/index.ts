/** Every wire structure of Arm CCA as a table. */
export {};
