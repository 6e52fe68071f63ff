# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Un serveur, écrit comme dans WEBDEV : toutes les fonctions du serveur."""

from wstwist.wlanguage.fr import (
    ProjetWebSocket,
    WebSocketDéconnecte,
    WebSocketEnvoie,
    WebSocketExécute,
    WebSocketExécuteServiceGlobal,
    WebSocketListeClientConnecté,
    websocketClient,
)


class Serveur(ProjetWebSocket):
    intervalle = "50 ms"
    gnPassages: int = 0
    gsNom: str = ""
    gtabNoms: list[str] = []

    def ServiceGlobal(self) -> None:
        self.gnPassages += 1
        if self.gnPassages == 1:
            print("Démarrage", flush=True)

    def Connexion(self, MonClient: websocketClient) -> None:
        WebSocketEnvoie(MonClient, "Bienvenue")

    def RéceptionMessage(self, MonClient: websocketClient, sMessage: str | bytes) -> None:
        if isinstance(sMessage, bytes):
            MonClient.Envoie(sMessage)
        elif sMessage == "liste":
            WebSocketEnvoie(MonClient, str(len(WebSocketListeClientConnecté())))
        elif sMessage == "noms":
            WebSocketExécuteServiceGlobal(self.DonneNoms, MonClient)
        elif sMessage == "au revoir":
            MonClient.Déconnecte()
        elif sMessage == "tous dehors":
            for UnClient in WebSocketListeClientConnecté():
                WebSocketDéconnecte(UnClient)
        else:
            self.gsNom = sMessage
            WebSocketExécuteServiceGlobal("AjouteNom", sMessage)
            for UnClient in WebSocketListeClientConnecté():
                if UnClient != MonClient:
                    WebSocketExécute(UnClient, self.Annonce, sMessage)
                else:
                    UnClient.Exécute("Annonce", "moi")

    def Déconnexion(self, MonClient: websocketClient) -> None:
        print(self.gsNom, "est parti", flush=True)

    def ArrêtServiceGlobal(self) -> None:
        print("Arrêt après", ", ".join(sorted(self.gtabNoms)), flush=True)

    def AjouteNom(self, sNom: str) -> None:
        self.gtabNoms.append(sNom)

    def DonneNoms(self, UnClient: websocketClient) -> None:
        UnClient.Envoie(", ".join(sorted(self.gtabNoms)))

    def Annonce(self, sNom: str) -> None:
        WebSocketEnvoie(self.client, f"{self.gsNom or '?'} apprend : {sNom}")
