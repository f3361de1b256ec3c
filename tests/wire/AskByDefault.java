import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

/** Java's HTTP client as it comes: on plain http it offers an upgrade to HTTP/2 with each request. Argument: the URL. */
public final class AskByDefault {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        String base = arguments[0];
        for (String method : List.of("POST", "PUT", "GET", "DELETE", "POST", "POST")) {
            String path = method.equals("POST") ? "/v1/box" : "/v1/box/7";
            boolean hasBody = method.equals("POST") || method.equals("PUT");
            HttpRequest request = HttpRequest.newBuilder(URI.create(base + path))
                    .header("Content-Type", "application/json")
                    .method(method, hasBody
                            ? BodyPublishers.ofString("{\"name\": {\"value\": \"Kari " + method + "\"}}")
                            : BodyPublishers.noBody())
                    .build();
            HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
            System.out.println(method + " " + response.statusCode() + " " + response.version());
        }
    }
}
