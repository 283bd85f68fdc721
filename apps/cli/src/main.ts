#!/usr/bin/env node
/** placeholder */
export {};
