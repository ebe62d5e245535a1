package bank;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;

/** The messages, with the fields that are used here; fields.md has all. Fields may be added: unknown ones are ignored. */
interface Messages {
    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonNaming(SnakeCaseStrategy.class)
    record Request(@JsonProperty(required = true) String leg, String amount, int termMonths) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonNaming(SnakeCaseStrategy.class)
    record Report(
            String reportId,
            String leg,
            String state,
            Evidence evidence,
            String amount,
            String ratePercent,
            Integer termMonths,
            String reason) {}

    record Evidence(String by, String how) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonNaming(SnakeCaseStrategy.class)
    record Receipt(
            String reportId, String leg, String outcome, String code, String field, String zh, List<Warning> warnings) {
        public Receipt {
            warnings = warnings == null ? List.of() : warnings;
        }
    }

    @JsonIgnoreProperties(ignoreUnknown = true)
    record Warning(String code, String field, String zh) {}
}
