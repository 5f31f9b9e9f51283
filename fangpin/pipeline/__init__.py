"""The county's operations (业务流程), one function each: what commands, jobs and pages call."""
